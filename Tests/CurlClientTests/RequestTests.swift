import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestTests {
    let client = HTTPClient()
    let server = ScriptedServer.answering(Answer.empty)

    /// What the server receives of a request.
    private func received(_ request: HTTPClient.Request) async throws -> ReceivedRequest {
        _ = try await client.execute(request)
        return try #require(server.requests.last)
    }

    @Test func `a GET is its line, the host, the client's name and nothing unasked`() async throws {
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
    func `the path leaves as it was given`(_ path: String) async throws {
        let request = try await received(.init(url: server.url(path)))
        #expect(request.requestLine == "GET \(path) HTTP/1.1")
    }

    @Test(arguments: ["HTTP://127.0.0.1:", "hTTp://127.0.0.1:", "http://localhost:", "http://LOCALHOST:"])
    func `scheme and host may be in any case`(_ start: String) async throws {
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
        "http://[::1]x/", "http://[::1%25eth0]/", "http://a,b/", "http://a;b/",
        "http://a/" + String(repeating: "a", count: 8192),
    ])
    func `a URL that is not plain http or https is refused`(_ url: String) async throws {
        let error = try await client.failure(.init(url: url))
        #expect(error.code == .invalidRequest)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a body goes with its length and without a type of its own`() async throws {
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
    func `no body has a length only where the method expects one`(
        _ method: HTTPRequest.Method, _ length: [String]
    ) async throws {
        let request = try await received(.init(method: method, url: server.url()))
        #expect(request.requestLine == "\(method.rawValue) / HTTP/1.1")
        #expect(request.values("content-length") == length)
        #expect(request.values("transfer-encoding").isEmpty)
    }

    @Test func `a large body does not wait for leave to be sent`() async throws {
        let body = [UInt8](repeating: 7, count: 3 << 20)
        let request = try await received(.init(method: .post, url: server.url(), body: body))
        #expect(request.values("expect").isEmpty)
        #expect(request.body == body)
    }

    @Test(arguments: [HTTPRequest.Method.connect])
    func `a method that makes no request is refused`(_ method: HTTPRequest.Method) async throws {
        #expect(try await client.failure(.init(method: method, url: server.url())).code == .invalidRequest)
    }

    @Test func `HEAD takes no body`() async throws {
        let error = try await client.failure(.init(method: .head, url: server.url(), body: [1]))
        #expect(error.code == .invalidRequest)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct RequestFieldTests {
    let client = HTTPClient()
    let server = ScriptedServer.answering(Answer.empty)

    @Test func `fields arrive as given, repeated and empty ones too`() async throws {
        var headers = HTTPFields()
        headers.append(HTTPField(name: .accept, value: "text/html"))
        headers.append(HTTPField(name: .accept, value: "text/plain"))
        headers[.origin] = ""
        headers[.userAgent] = "mine"
        _ = try await client.execute(.init(url: server.url(), headers: headers))
        let request = try #require(server.requests.last)
        #expect(request.values("accept") == ["text/html", "text/plain"])
        #expect(request.values("origin") == [""])
        #expect(request.values("user-agent") == ["mine"])
    }

    @Test(arguments: [
        "a\r\nX-Evil: b", "a\nX-Evil: b", "a\rX-Evil: b", "a\0X-Evil: b", "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ])
    func `a value cannot begin a new line`(_ value: String) async throws {
        let fields = [
            HTTPField(name: .accept, value: value), HTTPField(name: .accept, lenientValue: Array(value.utf8)),
        ]
        for field in fields {
            let before = server.requests.count
            _ = try await client.execute(.init(url: server.url(), headers: HTTPFields([field])))
            #expect(server.requests.count == before + 1)
            let request = try #require(server.requests.last)
            #expect(request.lines.count == 4)
            #expect(request.values("x-evil").isEmpty)
        }
    }

    @Test func `a value with a control character is refused`() async throws {
        let field = HTTPField(name: .accept, lenientValue: [0x61, 0x1B, 0x62])
        let error = try await client.failure(.init(url: server.url(), headers: HTTPFields([field])))
        #expect(error.code == .invalidRequest)
        #expect(server.connections == 0)
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Upgrade", "Expect", "Proxy-Authorization",
    ])
    func `a field that frames the message is refused`(_ name: String) async throws {
        let name = try #require(HTTPField.Name(name))
        let error = try await client.failure(.init(url: server.url(), headers: [name: "1"]))
        #expect(error.code == .invalidRequest)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.connections == 0)
    }

    @Test func `fields beyond the limit are refused`() async throws {
        let error = try await client.failure(
            .init(url: server.url(), headers: [.accept: String(repeating: "a", count: 70_000)]))
        #expect(error.code == .invalidRequest)
    }

    @Test func `onward fields go with every request, and an explicit one wins`() async throws {
        let traceparent = try #require(HTTPField.Name("traceparent"))
        let requestID = try #require(HTTPField.Name("X-Request-Id"))
        let client = HTTPClient.with {
            $0.onwardHeaders = { [traceparent: Trace.current, requestID: "onward"] }
        }
        try await Trace.$current.withValue("00-1-2-01") {
            _ = try await client.execute(.init(url: server.url(), headers: [requestID: "mine"]))
        }
        let request = try #require(server.requests.last)
        #expect(request.values("traceparent") == ["00-1-2-01"])
        #expect(request.values("x-request-id") == ["mine"])
    }

    private enum Trace {
        @TaskLocal static var current = "none"
    }
}
