import Testing

@testable import LoginService

@Suite struct TokenParametersTests {
    private func form(_ text: String) throws(OAuthError) -> TokenParameters {
        try TokenParameters(form: Array(text.utf8))
    }

    @Test(arguments: ["", "password", "password=", "Password=x", "password%00=x".replacing("%00", with: "2")])
    func `a parameter without a value counts as omitted`(text: String) throws {
        #expect(try form(text).optional("password") == nil)
        #expect(throws: OAuthError.self) { try form(text).required("password") }
    }

    @Test(arguments: ["password=a&password=b", "password=&password=", "password=%zz"])
    func `an ambiguous or malformed form is an invalid request`(text: String) {
        #expect { try form(text) } throws: { ($0 as? OAuthError)?.code == .invalidRequest }
    }

    @Test func `names that are equal as text but not as bytes do not end the process`() throws {
        let parameters = try TokenParameters(json: Array("{\"\u{E9}\":\"a\",\"e\u{301}\":\"b\",\"x\":\"c\"}".utf8))
        #expect(try parameters.optional("x") == "c")
    }

    @Test(arguments: [
        "", "[]", "null", "\"x\"", "{", "{\"a\":1,}", "{\"a\":1}x", "{\"password\":\"a\",\"password\":\"b\"}",
        "{\"password\":\"a\",\"pass\\u0077ord\":\"b\"}", "{\"a\":\"\\ud800\"}", "{'a':1}", "\u{FEFF}{}",
        String(repeating: "{\"a\":", count: 1000) + "1" + String(repeating: "}", count: 1000),
    ])
    func `a body that is not one strict JSON object is rejected`(text: String) {
        #expect { try TokenParameters(json: Array(text.utf8)) } throws: {
            ($0 as? OAuthError)?.code == .invalidRequest
        }
    }

    @Test(arguments: ["1", "true", "null", "[]", "[\"x\"]", "{}", "1.5"])
    func `a JSON parameter that is not a string is rejected only when it is read`(value: String) throws {
        let parameters = try TokenParameters(json: Array("{\"scope\":\(value),\"username\":\"alice\"}".utf8))
        #expect(try parameters.optional("username") == "alice")
        #expect { try parameters.optional("scope") } throws: { ($0 as? OAuthError)?.code == .invalidRequest }
    }
}
