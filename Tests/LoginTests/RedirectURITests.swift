import Testing

@testable import LoginService

@Suite struct RedirectURITests {
    @Test(arguments: [
        "https://app.example/callback", "https://app.example", "https://app.example:8443/a?b=c",
        "http://localhost:8090/callback", "http://127.0.0.1/callback", "http://[::1]:80/", "https://[2001:db8::1]/",
        "https://app.example/%2e%2e/a", "com.example.app:/callback", "com.example.app:/", "org.example.a-1:/a?b=c",
    ])
    func `a client may be registered with an address of https, of this machine or of an app`(text: String) {
        #expect(RedirectURI(text)?.text == text)
    }

    @Test(arguments: [
        "", "/callback", "app.example/callback", "http://app.example/callback", "ftp://app.example",
        "javascript:alert(1)",
        "https://", "https:///callback", "https:app.example", "HTTPS://app.example", "https://app.example/#",
        "https://app.example/#a", "https://user@app.example/", "https://user:secret@app.example/",
        "http://127.0.0.1@evil.example/", "http://127.0.0.1:80@evil.example/", "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/", "http://127.1/", "http://0.0.0.0/", "http://[::]/",
        "http://[::1].evil.example/",
        "http://[::1", "http://LOCALHOST/", "https://app.example:/", "https://app.example:0/",
        "https://app.example:65536/",
        "https://app.example:8x/", "https://app.example\\@evil.example/", "https://app example/",
        "https://app.example/\n",
        "https://app.example/\u{0}", "https://äpp.example/", "https://app.example;x/", "https://*.example/",
        "https://app.example/<", "https://app.example/\"", "https://%61pp.example/", "https://app.example/%",
        "https://app.example/%2", "https://app.example/%zz", "https://app.example:0443/", "http://127.0.0.1:00080/",
        "app:/callback", "myapp://callback", "com.example.app:", "com.example.app:callback",
        "com.example.app://callback", "com.example.app:/a#b", "Com.Example.App:/callback", ".example:/callback",
        "1.example:/callback", "a/b.c:/callback",
        "https://app.example/" + String(repeating: "x", count: 1024),
    ])
    func `a client cannot be registered with another address`(text: String) {
        #expect(RedirectURI(text) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1/callback", "http://127.0.0.1/callback", true),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", true),
        ("http://127.0.0.1:1/callback", "http://127.0.0.1:51004/callback", true),
        ("http://127.0.0.1:1/callback", "http://127.0.0.1/callback", true),
        ("http://[::1]/callback", "http://[::1]:51004/callback", true),
        ("http://127.0.0.1/callback?a=b", "http://127.0.0.1:5/callback?a=b", true),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback/", false),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback?a", false),
        ("http://127.0.0.1/callback", "http://[::1]:51004/callback", false),
        ("http://127.0.0.1/callback", "http://localhost:51004/callback", false),
        ("http://127.0.0.1/callback", "https://127.0.0.1:51004/callback", false),
        ("http://127.0.0.1/callback", "http://127.0.0.1:51004/%63allback", false),
        ("http://localhost:8090/callback", "http://localhost:8090/callback", true),
        ("http://localhost:8090/callback", "http://localhost:8091/callback", false),
        ("http://localhost:8090/callback", "http://localhost/callback", false),
        ("http://localhost:8090/callback", "http://127.0.0.1:8090/callback", false),
        ("https://127.0.0.1/callback", "https://127.0.0.1:51004/callback", false),
        ("https://app.example/callback", "https://app.example:443/callback", false),
        ("https://app.example/callback", "https://app.example/Callback", false),
        ("https://app.example/callback", "https://app.example/callback/../x", false),
        ("https://app.example/callback", "https://APP.example/callback", false),
        ("com.example.app:/callback", "com.example.app:/callback", true),
        ("com.example.app:/callback", "com.example.app:/callback/", false),
        ("com.example.app:/callback", "com.example.apps:/callback", false),
    ])
    func `redirect URIs are equal byte for byte, except for the port of a loopback IP address`(
        registered: String, requested: String, areEqual: Bool
    ) throws {
        let (registered, requested) = (try #require(RedirectURI(registered)), try #require(RedirectURI(requested)))
        #expect(registered.matches(requested) == areEqual)
    }

    @Test func `parameters are added to the query of a redirect URI`() throws {
        let parameters = [("state", "a b&c=d%é"), ("iss", "http://localhost:8080")]
        let query = "state=a%20b%26c%3Dd%25%C3%A9&iss=http%3A%2F%2Flocalhost%3A8080"
        let plain = try #require(RedirectURI("https://app.example/a"))
        #expect(plain.adding(parameters) == "https://app.example/a?\(query)")
        let withQuery = try #require(RedirectURI("https://app.example/a?b=c"))
        #expect(withQuery.adding(parameters) == "https://app.example/a?b=c&\(query)")
    }
}
