import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
    let client = HTTPClient()
    let closed = ClosedPort()

    @Test func `the error of a refused connection says that nothing was sent`() async throws {
        let port = closed.port
        let error = try await client.failure(.init(method: .put, url: "http://127.0.0.1:\(port)/x", body: [1]))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
        #expect(error.description.contains("127.0.0.1:\(port)"))
        #expect(error.description.contains("refused"))
    }

    @Test(arguments: ["http://nothing.invalid/", "http://[::ffff:127.0.0.1]:1/", "http://localhost:1/"])
    func `the error without a connection says that nothing was sent`(_ url: String) async throws {
        let error = try await client.failure(.init(url: url))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a connection to an unresponsive peer fails within the connect timeout`() async throws {
        let unresponsive = UnresponsivePort()
        let client = HTTPClient.with { $0.connectTimeout = .milliseconds(100) }
        let error = try await client.failure(
            .init(url: "http://127.0.0.1:\(unresponsive.port)/", deadline: .seconds(30)))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test(arguments: [
        ("before the response", ""), ("in the status line", "HTTP/1.1 2"),
        ("in the head", "HTTP/1.1 200 OK\r\nX: y\r\n"),
        ("in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        ("in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"),
        ("before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
    ])
    func `a response that is cut off fails as a lost connection`(_ moment: String, _ start: String) async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(start)
        }
        let error = try await client.failure(.init(url: server.url()))
        #expect(error.code == .connectionLost, "cut off \(moment)")
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func `a request whose connection closes before the response may have been sent`() async throws {
        let server = ScriptedServer { _ in }
        let error = try await client.failure(.init(method: .post, url: server.url(), body: [1]))
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func `a server without TLS gets no request for an https URL`() async throws {
        let server = ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
        }
        let error = try await client.failure(.init(url: server.url("/", scheme: "https")))
        #expect(error.code == .tlsFailure)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `an untrusted certificate is rejected`() async throws {
        let server = try await TLSServer()
        let error = try await client.failure(.init(url: "https://localhost:\(server.port)/"))
        #expect(error.code == .tlsFailure)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `an error contains neither path, query, header fields nor body`() async throws {
        let secret = "s3cret"
        let closed = ClosedPort()
        let closing = ScriptedServer { _ = $0.readRequest() }
        let request = HTTPClient.Request(
            method: .post, url: closing.url("/\(secret)?token=\(secret)"),
            headers: [.authorization: "Bearer \(secret)"],
            body: Array(secret.utf8))
        var refused = request
        refused.url = "http://127.0.0.1:\(closed.port)/\(secret)?token=\(secret)"
        var invalid = request
        invalid.url = "http://\(secret):\(secret)@localhost/\(secret) "
        for request in [request, refused, invalid] {
            let error = try await client.failure(request)
            #expect(!String(reflecting: error).contains(secret))
        }
    }
}
