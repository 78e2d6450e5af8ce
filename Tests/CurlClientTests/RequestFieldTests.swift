import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RequestFieldTests {
    let client = HTTPClient()
    let server = ScriptedServer.responding(with: CannedResponse.empty)

    @Test func `header fields are sent unchanged, also repeated and empty ones`() async throws {
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
    func `a header field's value cannot start a new line`(_ value: String) async throws {
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

    @Test func `a header field with a control character is rejected`() async throws {
        let field = HTTPField(name: .accept, lenientValue: [0x61, 0x1B, 0x62])
        let error = try await client.failure(.init(url: server.url(), headers: HTTPFields([field])))
        #expect(error.code == .invalidRequest)
        #expect(server.connections == 0)
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Upgrade", "Expect", "Proxy-Authorization",
    ])
    func `a header field that the client sets itself is rejected`(_ name: String) async throws {
        let name = try #require(HTTPField.Name(name))
        let error = try await client.failure(.init(url: server.url(), headers: [name: "1"]))
        #expect(error.code == .invalidRequest)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.connections == 0)
    }

    @Test func `header fields that exceed the limit are rejected`() async throws {
        let error = try await client.failure(
            .init(url: server.url(), headers: [.accept: String(repeating: "a", count: 70_000)]))
        #expect(error.code == .invalidRequest)
    }

    @Test(arguments: ["", " ", "\t"])
    func `a blank user agent is not sent`(_ userAgent: String) async throws {
        let client = HTTPClient.with { $0.userAgent = userAgent }
        _ = try await client.execute(.init(url: server.url()))
        let request = try #require(server.requests.last)
        #expect(request.lines.sorted() == ["Accept: */*", "GET / HTTP/1.1", "Host: 127.0.0.1:\(server.port)"])
    }

    @Test func `propagated header fields are sent unless the request sets them`() async throws {
        let traceparent = try #require(HTTPField.Name("traceparent"))
        let requestID = try #require(HTTPField.Name("X-Request-Id"))
        let client = HTTPClient.with {
            $0.propagatedHeaders = { [traceparent: Trace.current, requestID: "propagated"] }
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
