import HTTPTypes
import ServiceRuntime
import Testing

@Suite struct URLEncodedFormTests {
    private func form(_ text: String, repeatable: Set<String> = []) throws(InvalidForm) -> URLEncodedForm {
        try URLEncodedForm(Array(text.utf8), repeatable: repeatable)
    }

    @Test(arguments: [
        ("password=a+b", "a b"), ("password=a%20b", "a b"), ("password=a%2Bb", "a+b"), ("password=%C3%A9", "é"),
        ("password=a=b", "a=b"), ("x=1&&password=p&", "p"), ("pass%77ord=p", "p"), ("password=%26%3D", "&="),
    ])
    func `a form is percent-decoded`(text: String, value: String) throws {
        let password = try #require(form(text)["password"])
        #expect(password.utf8.elementsEqual(value.utf8))
    }

    @Test(arguments: [
        "password=%", "password=%4", "password=%zz", "password=%00", "password=%FF", "password=%C3",
        "password=%ED%A0%80",
        "password=a&password=a", "password=a&password=b", "password=&password=", "pass%77ord=a&password=b", "%00=x",
        (0..<65).map { "p\($0)=x" }.joined(separator: "&"),
    ])
    func `a malformed or ambiguous form is rejected`(text: String) {
        #expect { try form(text) } throws: { ($0 as? InvalidForm)?.problem.status == .badRequest }
    }

    @Test func `only a parameter that may be repeated has several values`() throws {
        let text = "resource=a&scope=s&resource=b&resource="
        let parameters = try form(text, repeatable: ["resource"])
        #expect(parameters.values(of: "resource") == ["a", "b", ""] && parameters["resource"] == "a")
        #expect(parameters.values(of: "scope") == ["s"] && parameters.values(of: "state").isEmpty)
        #expect(throws: InvalidForm.self) { try form(text) }
        #expect(throws: InvalidForm.self) { try form(text + "&scope=t", repeatable: ["resource"]) }
    }
}
