import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    let client = HTTPClient()
    let server = ScriptedServer.responding(with: CannedResponse.empty)

    /// Sends a request and returns it as the server receives it.
    private func received(_ request: HTTPClient.Request) async throws -> ReceivedRequest {
        _ = try await client.execute(request)
        return try #require(server.requests.last)
    }

    @Test func `a GET request has no header fields but Host, User-Agent and Accept`() async throws {
        let request = try await received(.init(url: server.url("/a?b=c")))
        #expect(
            request.lines.sorted() == [
                "Accept: */*", "GET /a?b=c HTTP/1.1", "Host: 127.0.0.1:\(server.port)", "User-Agent: hallpass",
            ])
    }

    @Test(arguments: [
        "/", "/a/../b", "/a/./b", "//a//", "/%2e%2E/%2f", "/a;b=1,2", "/?", "/?a=%20&b=+", "/a:b@c", "/~a!$&'()*",
        "/?a=/?b",
    ])
    func `the path is sent unchanged`(_ path: String) async throws {
        let request = try await received(.init(url: server.url(path)))
        #expect(request.requestLine == "GET \(path) HTTP/1.1")
    }

    @Test func `a GET request stays one after a POST whose URL only libcurl rejects`() async throws {
        #expect(try await received(.init(url: server.url("/"))).requestLine == "GET / HTTP/1.1")
        let error = try await client.failure(.init(method: .post, url: "http://[1:2]/", body: Array("body".utf8)))
        #expect(error.code == .invalidRequest)
        #expect(try await received(.init(url: server.url("/after"))).requestLine == "GET /after HTTP/1.1")
    }

    @Test(arguments: ["HTTP://127.0.0.1:", "hTTp://127.0.0.1:", "http://localhost:", "http://LOCALHOST:"])
    func `the scheme and the host are accepted in any case`(_ start: String) async throws {
        let request = try await received(.init(url: "\(start)\(server.port)"))
        #expect(request.requestLine == "GET / HTTP/1.1")
        #expect(try await received(.init(url: "\(start)\(server.port)?a")).requestLine == "GET /?a HTTP/1.1")
    }

    @Test(arguments: [
        "", "/", "example", "example.org/", "//example.org/", "ftp://example.org/", "file:///etc/passwd", "http:",
        "http:/example.org", "http://", "http:///a", "http://:80/", "http://?a", "http:// example.org/", " http://a/",
        "http://a b/", "http://a/b c", "http://a/\r\nX: y", "http://a\r\nX: y/", "http://a/\n", "http://a/\t",
        "http://a/\0",
        "http://a\0b/", "http://ä/", "http://a/ä", "http://a/\u{7F}", "http://user@a/", "http://user:pw@a/",
        "http://@a/",
        "http://a:b@c/", "http://a:80@c/", "http://a:/", "http://a:0/", "http://a:65536/", "http://a:-1/",
        "http://a:+1/",
        "http://a:99999999999999999999/", "http://a:1x/", "http://a\\b/", "http://a/\\b", "http://a#b@c/",
        "http://a/#f",
        "http://a/<", "http://a/\"", "http://a/{}", "http://a/|", "http://a/^", "http://a/`", "http://a/[",
        "http://a%2fb/",
        "http://a/%", "http://a/%4", "http://a/%zz", "http://[::1/", "http://[]/", "http://[a]b/", "http://[1]/",
        "http://[::1]x/", "http://[::1%25eth0]/", "http://[fe80::1%eth0]/", "http://a,b/", "http://a;b/",
        "http://127.1/",
        "http://2130706433/", "http://0x7f000001/", "http://0X7F.1/", "http://0177.0.0.1/", "http://127.0.0.01/",
        "http://127.0.0.1./", "http://256.0.0.1/", "http://127.0.0.1.1/", "http://a.1/", "http://0x/",
        "http://a/" + String(repeating: "a", count: 8192),
    ])
    func `an invalid URL is rejected`(_ url: String) async throws {
        let error = try await client.failure(.init(url: url))
        #expect(error.code == .invalidRequest)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a body is sent with its length and without a default type`() async throws {
        let request = try await received(
            .init(method: .put, url: server.url(), headers: [.contentType: "application/json"], body: Array("{}".utf8)))
        #expect(request.requestLine == "PUT / HTTP/1.1")
        #expect(request.values("content-length") == ["2"])
        #expect(request.values("content-type") == ["application/json"])
        #expect(request.body == Array("{}".utf8))

        let untyped = try await received(.init(method: .patch, url: server.url(), body: [0, 13, 10, 255]))
        #expect(untyped.values("content-type").isEmpty)
        #expect(untyped.body == [0, 13, 10, 255])
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, ["0"]), (.put, ["0"]), (.patch, ["0"]), (.delete, []), (.options, []), (.get, []),
        (.head, []), (HTTPRequest.Method("REPORT") ?? .get, []),
    ])
    func `a request without a body has a length only if its method expects a body`(
        _ method: HTTPRequest.Method, _ length: [String]
    ) async throws {
        let request = try await received(.init(method: method, url: server.url()))
        #expect(request.requestLine == "\(method.rawValue) / HTTP/1.1")
        #expect(request.values("content-length") == length)
        #expect(request.values("transfer-encoding").isEmpty)
    }

    @Test func `a large body is sent without Expect`() async throws {
        let body = [UInt8](repeating: 7, count: 3 << 20)
        let request = try await received(.init(method: .post, url: server.url(), body: body))
        #expect(request.values("expect").isEmpty)
        #expect(request.body == body)
    }

    @Test func `the method CONNECT is rejected`() async throws {
        #expect(try await client.failure(.init(method: .connect, url: server.url())).code == .invalidRequest)
    }

    @Test func `a HEAD request with a body is rejected`() async throws {
        let error = try await client.failure(.init(method: .head, url: server.url(), body: [1]))
        #expect(error.code == .invalidRequest)
    }
}
