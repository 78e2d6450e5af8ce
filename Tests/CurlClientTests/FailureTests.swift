import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
    let client = HTTPClient()
    let closed = ClosedPort()

    @Test func `a refused connection is said to be one, and that nothing was sent`() async throws {
        let port = closed.port
        let error = try await client.failure(.init(method: .put, url: "http://127.0.0.1:\(port)/x", body: [1]))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
        #expect(error.description.contains("127.0.0.1:\(port)"))
        #expect(error.description.contains("refused"))
    }

    @Test(arguments: ["http://nothing.invalid/", "http://[::ffff:127.0.0.1]:1/", "http://localhost:1/"])
    func `no connection is no connection`(_ url: String) async throws {
        let error = try await client.failure(.init(url: url))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a peer that does not answer fails the connection within the connect time-out`() async throws {
        let hole = BlackHole()
        let client = HTTPClient.with { $0.connectTimeout = .milliseconds(100) }
        let error = try await client.failure(.init(url: "http://127.0.0.1:\(hole.port)/", deadline: .seconds(30)))
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
    func `a response that is cut off is no response`(_ place: String, _ start: String) async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(start)
        }
        let error = try await client.failure(.init(url: server.url()))
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func `a connection that is closed unread may have taken the request`() async throws {
        let server = ScriptedServer { _ in }
        let error = try await client.failure(.init(method: .post, url: server.url(), body: [1]))
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test func `a server that speaks no TLS gets no request`() async throws {
        let server = ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.waitForClose()
        }
        let error = try await client.failure(.init(url: server.url("/", scheme: "https")))
        #expect(error.code == .tlsFailure)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a certificate that nobody vouches for is refused`() async throws {
        let server = try await TLSServer()
        let error = try await client.failure(.init(url: "https://localhost:\(server.port)/"))
        #expect(error.code == .tlsFailure)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `no error tells path, query, fields or body`() async throws {
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

@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
    private static let quick = HTTPClient.RetryPolicy(maximumAttempts: 4, firstPause: .milliseconds(1))
    let client = HTTPClient()
    let closed = ClosedPort()
    let closing = ScriptedServer { _ = $0.readRequest() }

    @Test(arguments: [HTTPRequest.Method.get, .head, .options, .put, .delete])
    func `an idempotent request is repeated as often as allowed`(_ method: HTTPRequest.Method) async throws {
        let error = try await client.failure(.init(method: method, url: closing.url(), retry: Self.quick))
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 4)
    }

    @Test(arguments: [HTTPRequest.Method.post, .patch])
    func `other requests are never repeated`(_ method: HTTPRequest.Method) async throws {
        let error = try await client.failure(.init(method: method, url: closing.url(), retry: Self.quick))
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 1)
    }

    @Test func `nothing is repeated unless asked for`() async throws {
        _ = try await client.failure(.init(url: closing.url()))
        #expect(closing.requests.count == 1)
    }

    @Test func `a later attempt can succeed`() async throws {
        let server = ScriptedServer { connection in
            guard let request = connection.readRequest(), connection.number == 3 else { return }
            connection.send(Answer.hello)
            #expect(request.body == [1, 2, 3])
        }
        let response = try await client.execute(
            .init(method: .put, url: server.url(), body: [1, 2, 3], retry: Self.quick))
        #expect(response.status == .ok)
        #expect(server.requests.count == 3)
    }

    @Test func `a refused connection is repeated, and the error still says that nothing was sent`() async throws {
        let error = try await client.failure(.init(url: "http://127.0.0.1:\(closed.port)/", retry: Self.quick))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `the error of the last attempt remembers that an earlier one was sent`() async throws {
        let server = ScriptedServer { connection in
            connection.server.stop()
            _ = connection.readRequest()
        }
        let error = try await client.failure(.init(url: server.url(), retry: Self.quick))
        #expect(error.code == .connectionFailed)
        #expect(error.requestMayHaveBeenSent)
    }

    @Test(arguments: [
        "HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
    ])
    func `a response is never a reason to repeat`(_ answer: String) async throws {
        let server = ScriptedServer.answering(answer)
        _ = try await client.execute(.init(url: server.url(), retry: Self.quick))
        #expect(server.requests.count == 1)
    }

    @Test func `a response that began and was cut off is not asked for again`() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        _ = try await client.failure(.init(url: server.url(), retry: Self.quick))
        #expect(server.requests.count == 1)
    }

    @Test func `no attempt begins after the deadline`() async throws {
        let policy = HTTPClient.RetryPolicy(maximumAttempts: 1000, firstPause: .seconds(20), longestPause: .seconds(40))
        let start = ContinuousClock.now
        let error = try await client.failure(.init(url: closing.url(), deadline: .seconds(8), retry: policy))
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 1)
        #expect(ContinuousClock.now - start < .seconds(8))
    }

    @Test func `a pause between attempts ends when the task is cancelled`() async throws {
        let policy = HTTPClient.RetryPolicy(
            maximumAttempts: 2, firstPause: .seconds(3000), longestPause: .seconds(3000))
        let seen = Gate()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            seen.open()
        }
        let task = Task { try await client.execute(.init(url: server.url(), deadline: .seconds(9000), retry: policy)) }
        await seen.opened()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(error.requestMayHaveBeenSent)
    }
}
