import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct RedactionTests {
    /// A signature of HS256, which is as random as a refresh token, an authorization code, a client secret or a cookie.
    private static let random = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.\(random)"

    private static let uuid = "3F2504E0-4F89-11D3-9A0C-0305E82C3301"

    private static let tokens: [(String, String)] = [
        (token, "[redacted]"), ("GET /\(token) 404", "GET /[redacted] 404"), ("\(token). Next", "[redacted]. Next"),
        ("a\(token)", "[redacted]"), ("\(token) and \(token)", "[redacted] and [redacted]"),
        ("é\(token)é", "é[redacted]é"), ("{\"sub\":\"\(token)\"}", "{\"sub\":\"[redacted]\"}"),
        // A token without a signature, one with an encrypted payload and no key, and cut ones.
        ("eyJhbGciOiJub25lIn0.e30.", "[redacted]."), ("eyJhbGciOiJkaXIifQ..aXY.Y3Q.dGFn", "[redacted]"),
        ("eyJhbGciOiJIUzI1", "[redacted]"), ("eyJhbGci", "[redacted]"),
        // The payload and the signature of a token whose header is spelled in another way.
        ("eyAiYWxnIjoiSFMyNTYifQ.eyJzdWIiOiJhbGljZSJ9.\(random)", "eyAiYWxnIjoiSFMyNTYifQ.[redacted]"),
        // A token in the alphabet of base64, with padding.
        ("x eyJhbGciOiJIUzI1NiJ9.eyJz+WIi/jZSJ9==.dBjft/eZ4CVP+mB=, y", "x [redacted], y"),
        ("/%65yJhbGciOiJIUzI1NiJ9.eyJz%2BWIi%2FjZSJ9.a%3D?x", "/[redacted]?x"),
        ("id \(random)", "id [redacted]"), ("\(random).", "[redacted]."),
        ("\(random)-\(uuid)", "[redacted]"), ("\(uuid)\(random)", "[redacted]"), ("0\(uuid)-Key", "[redacted]"),
        (String(repeating: "0a", count: 20), "[redacted]"), (String(repeating: "0A", count: 20), "[redacted]"),
    ]

    private static let encoded: [(String, String)] = [
        ("/%65yJhbGciOiJIUzI1NiJ9%2EeyJzdWIiOiJhbGljZSJ9%2e\(random)?x", "/[redacted]?x"),
        ("/%2565yJhbGciOiJIUzI1NiJ9%252EeyJzdWIiOiJhbGljZSJ9%25252E\(random)", "/[redacted]"),
        (
            "a%20b%20\(random.map { "%" + String($0.asciiValue ?? 0, radix: 16) }.joined())%20c",
            "a%20b%20[redacted]%20c"
        ),
        ("token%3Dsecret%26x%3D1", "token%3D[redacted]%26x%3D1"), ("token%3dsecret&x=1", "token%3d[redacted]&x=1"),
        ("?%74oken=a%20b%26c&x=1", "?%74oken=[redacted]&x=1"), ("Bearer%20secret%2C%20x", "Bearer%20[redacted]%2C%20x"),
    ]

    private static let named: [(String, String)] = [
        ("?token=x&y=1", "?token=[redacted]&y=1"),
        ("client_secret=\(random)%2Ftail", "client_secret=[redacted]"),
        ("Bearer \(random)+tail\n", "Bearer [redacted]\n"),
        ("Authorization: Basic \(random)/tail==\r\n", "Authorization: Basic [redacted]\r\n"),
        ("access_token=abc&refresh_token=def", "access_token=[redacted]&refresh_token=[redacted]"),
        ("/callback?code=123&state=4", "/callback?code=[redacted]&state=[redacted]"),
        ("?appid=wx1&secret=a&js_code=b&grant_type=c", "?appid=wx1&secret=[redacted]&js_code=[redacted]&grant_type=c"),
        (#"{"session_key":"abc=="}"#, #"{"session_key":"[redacted]"}"#),
        ("%6As_code%3Da%26b", "%6As_code%3D[redacted]%26b"), ("nonce=a b", "nonce=[redacted] b"),
        ("code_verifier=a.b~c", "code_verifier=[redacted]"),
        ("Cookie: __Host-session=a; theme=dark", "Cookie: __Host-session=[redacted]; theme=dark"),
        ("password=correct+horse staple", "password=[redacted] staple"),
        ("CLIENT_SECRET=x", "CLIENT_SECRET=[redacted]"),
        (#"{"password": "correct \"horse\" battery", "x": 1}"#, #"{"password": "[redacted]", "x": 1}"#),
        (#"{"password" : "a, b", "x" : 1}"#, #"{"password" : "[redacted]", "x" : 1}"#),
        (#"password = "a b""#, #"password = "[redacted]""#), ("{'secret' : 'a b'}", "{'secret' : '[redacted]'}"),
        ("api-key=abc,x=1", "api-key=[redacted],x=1"), ("X-Api-Key=abc", "X-Api-Key=[redacted]"),
        (#"{"password":"cut"#, #"{"password":"[redacted]"#), (#"{"password":"cut\"#, #"{"password":"[redacted]"#),
        (#"body: {\"token\":\"a, b\",\"x\":1}"#, #"body: {\"token\":\"[redacted]\",\"x\":1}"#),
        (#"SignIn(name: "alice", password: "a)b")"#, #"SignIn(name: "alice", password: "[redacted]")"#),
        ("Authorization: Bearer abc, x", "Authorization: Bearer [redacted], x"), ("basic   YTpi", "basic   [redacted]"),
        ("authorization: BEARER a/b+c==", "authorization: BEARER [redacted]"),
        ("Authorization: DPoP abc", "Authorization: DPoP [redacted]"), ("dpop abc", "dpop [redacted]"),
        ("Authorization: Token a.b, x", "Authorization: Token [redacted], x"),
        ("Proxy-Authorization: abc", "Proxy-Authorization: [redacted]"),
        (#"{"Authorization": "Bearer abc"}"#, #"{"Authorization": "[redacted]"}"#),
    ]

    private static let urls: [(String, String)] = [
        ("https://alice:pa@ss@host/path?a=b@c", "https://[redacted]@host/path?a=b@c"),
        ("GET http://alice@host:80 failed", "GET http://[redacted]@host:80 failed"),
        ("postgres://a:b%2Fc%40d@host/db", "postgres://[redacted]@host/db"),
        ("?next=https%3A%2F%2Fa%3Ab%40host%2Fpath", "?next=https%3A%2F%2F[redacted]%40host%2Fpath"),
    ]

    /// A token across lines, and text that a scan across lines leaves as it is.
    private static let folded: [(String, String)] = [
        ("x: eyJhbGciOiJIUzI1NiJ9.eyJz\r\n\tdWIiOiJhbGljZSJ9.\(random)\r\n", "x: [redacted]\r\n"),
        ("x: \(random.prefix(20))\r\n \(random.dropFirst(20)), y", "x: [redacted], y"),
        ("/\(random.prefix(20))%0D%0a%20\(random.dropFirst(20))/y", "/[redacted]/y"),
        ("ey\n JhbGciOiJIUzI1NiJ9.e30.\n", "[redacted].\n"),
        ("password=a\nnext line", "password=[redacted]\nnext line"),
        ("Authorization: Bearer\r\n abc", "Authorization: Bearer\r\n [redacted]"),
    ]

    @Test(arguments: tokens + encoded + named + urls + folded)
    func `text that looks like a secret is replaced`(text: String, redacted: String) {
        #expect(text.redacted() == redacted)
    }

    @Test(arguments: [
        "", "GET /orders/{id} 200", "0195d7c8-1c5a-7abc-8def-0123456789ab", "4bf92f3577b34da6a3ce929d0e0e4736",
        "orders-\(uuid)", "\(uuid)_3", "Order-\(uuid)-\(uuid.lowercased())", "\(uuid)-\(random.prefix(38))",
        "2025-11-21T21:40:34.567Z", "JSONWebTokenAuthenticator.KeyJSONFile", "eyJhbGc", "a sentence about eyJ",
        String(repeating: "a", count: 200), String(repeating: "-", count: 50), String(repeating: "7", count: 50),
        "/var/lib/hallpass/login.sqlite", "… é 👋", "/tmp/HallpassTests-0195d7c8/orders.sqlite",
        "hallpass-a-very-long-name-of-a-pod-7c9d8f6b5-x2x4z", "The refresh token: it is expired.",
        "the token = the good one", "a password : none", "errcode=40029",
        "code: 400", "status_code=200", "SQLSTATE=57P01",
        "two\nlines", "https://host/@me?x", "http://localhost:8080/@me", "://", "a://", "a://@host", "token=",
        "token=&x", "token=\"\"", "bearer", "Bearer ", "%", "%%", "%2", "%25%2", "100% of %zz",
    ])
    func `other text stays as it is`(text: String) {
        #expect(text.redacted() == text)
    }

    @Test(
        .enabled(if: canCountInstructions),
        arguments: [
            "plainText", "longRun", "headerBeginnings", "percentSigns", "encodedPercentSigns", "names", "backslashes",
            "spaces", "periods", "lineBreaks", "foldings", "urls", "encodedURLs", "replacements",
        ])
    func `the instructions to redact a text grow linearly with its size`(shape: String) async throws {
        let (few, many) = (
            try await instructions(of: shape, size: 1000), try await instructions(of: shape, size: 4000)
        )
        // Quadratic work would need sixteen times as many.
        #expect(many < 6 * few, "\(few) and \(many) instructions")
    }
}
