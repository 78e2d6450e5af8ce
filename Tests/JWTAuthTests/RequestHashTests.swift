import Testing

@testable import JWTAuth

@Suite struct RequestHashTests {
    @Test(arguments: [
        ("get", "/orders/7/receipt", "fmt=pdf", "GET&/orders/7/receipt&fmt=pdf"),
        ("GET", "/orders/", "", "GET&/orders&"),
        ("GET", "/", "", "GET&/&"),
        ("GET", "", "", "GET&/&"),
        ("GET", "/a", "b=2&a=1", "GET&/a&a=1&b=2"),
        ("GET", "/a", "a=2&a=1", "GET&/a&a=1,2"),
        ("GET", "/a", "token=x&b=1", "GET&/a&b=1"),
        ("GET", "/a b%20c/%7Ed/%c3%a9", "q=a+b&r=%2a", "GET&/a%20b%20c/~d/%C3%A9&q=a%20b&r=%2A"),
        ("GET", "/%", "%=%zz", "GET&/%25&%25=%25zz"),
        ("GET", "/a", "flag", "GET&/a&flag="),
    ])
    func `a request has one canonical form`(method: String, path: String, query: String, canonical: String) {
        #expect(RequestHash.canonicalRequest(method, path, query) == canonical)
    }

    @Test func `the hash of a request is the SHA-256 of its canonical form in lower-case hexadecimal digits`() {
        // Computed with Python's hashlib.
        #expect(
            RequestHash.of(method: "GET", path: "/orders/7/receipt", query: "fmt=pdf")
                == "51b301340d35c6e2990cd974f4798bb4f58d0e303224609cb94430bb04ee658a")
    }
}
