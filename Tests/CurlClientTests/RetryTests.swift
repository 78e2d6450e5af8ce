import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
    private static let quick = HTTPClient.RetryPolicy(maximumAttempts: 4, firstPause: .milliseconds(1))
    let client = HTTPClient()
    let closed = ClosedPort()
    let closing = ScriptedServer { _ = $0.readRequest() }

    @Test(arguments: [HTTPRequest.Method.get, .head, .options, .put, .delete])
    func `an idempotent request is repeated as often as the policy allows`(_ method: HTTPRequest.Method) async throws {
        let error = try await client.failure(.init(method: method, url: closing.url(), retry: Self.quick))
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 4)
    }

    @Test(arguments: [HTTPRequest.Method.post, .patch])
    func `a request that is not idempotent is never repeated`(_ method: HTTPRequest.Method) async throws {
        let error = try await client.failure(.init(method: method, url: closing.url(), retry: Self.quick))
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 1)
    }

    @Test func `a request without a retry policy is never repeated`() async throws {
        _ = try await client.failure(.init(url: closing.url()))
        #expect(closing.requests.count == 1)
    }

    @Test func `a request that must be sent once is neither repeated nor sent on a reused connection`() async throws {
        let error = try await client.failure(.init(url: closing.url(), retry: Self.quick, isSentOnce: true))
        #expect(error.code == .connectionLost && error.requestMayHaveBeenSent)
        #expect(closing.requests.count == 1)
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        for isSentOnce in [false, true, true] {
            _ = try await client.execute(.init(url: server.url(), isSentOnce: isSentOnce))
        }
        #expect(server.connections == 3)
    }

    @Test func `a later attempt can succeed`() async throws {
        let server = ScriptedServer { connection in
            guard let request = connection.readRequest(), connection.number == 3 else { return }
            connection.send(CannedResponse.hello)
            #expect(request.body == [1, 2, 3])
        }
        let response = try await client.execute(
            .init(method: .put, url: server.url(), body: [1, 2, 3], retry: Self.quick))
        #expect(response.status == .ok)
        #expect(server.requests.count == 3)
    }

    @Test func `the error after several refused connections says that nothing was sent`() async throws {
        let error = try await client.failure(.init(url: "http://127.0.0.1:\(closed.port)/", retry: Self.quick))
        #expect(error.code == .connectionFailed)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `the error of the last attempt says whether an earlier one was sent`() async throws {
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
    func `a request that got a response is never repeated`(_ text: String) async throws {
        let server = ScriptedServer.responding(with: text)
        _ = try await client.execute(.init(url: server.url(), retry: Self.quick))
        #expect(server.requests.count == 1)
    }

    @Test func `a request is not repeated after the first byte of a response`() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        _ = try await client.failure(.init(url: server.url(), retry: Self.quick))
        #expect(server.requests.count == 1)
    }

    @Test func `no attempt starts after the deadline`() async throws {
        let policy = HTTPClient.RetryPolicy(maximumAttempts: 1000, firstPause: .seconds(20), maximumPause: .seconds(40))
        let error = try await client.failure(.init(url: closing.url(), deadline: .seconds(8), retry: policy))
        // A client that waited until the deadline would report it.
        #expect(error.code == .connectionLost)
        #expect(closing.requests.count == 1)
    }

    @Test func `a pause between attempts ends when the task is cancelled`() async throws {
        let policy = HTTPClient.RetryPolicy(
            maximumAttempts: 2, firstPause: .seconds(3000), maximumPause: .seconds(3000))
        let seen = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            seen.signal()
        }
        let task = Task { try await client.execute(.init(url: server.url(), deadline: .seconds(9000), retry: policy)) }
        await seen.wait()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(error.requestMayHaveBeenSent)
    }
}
