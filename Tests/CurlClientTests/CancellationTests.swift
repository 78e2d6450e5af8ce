import CurlClient
import HTTPTypes
import Testing

/// A server that reads a request, sends the start of an answer, and then nothing more.
private final class StallingServer: Sendable {
    let hasRequest = Gate()
    let isClosed = Gate()
    let server: ScriptedServer

    init(after start: String) {
        server = ScriptedServer { [hasRequest, isClosed] connection in
            guard connection.readRequest() != nil else { return }
            connection.send(start)
            hasRequest.open()
            connection.waitForClose()
            isClosed.open()
        }
    }
}

private let stalls = ["", "HTTP/1.1 200 OK\r\nX: y", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }

    @Test(arguments: stalls)
    func `cancelling the task ends the request and closes the connection`(_ start: String) async throws {
        let stalling = StallingServer(after: start)
        let task = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.opened()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(error.requestMayHaveBeenSent)
        await stalling.isClosed.opened()
    }

    @Test func `a task that was cancelled before makes no request`() async throws {
        let server = ScriptedServer.answering(Answer.empty)
        let begin = Gate()
        let task = Task {
            await begin.opened()
            return try await client.execute(.init(url: server.url()))
        }
        task.cancel()
        begin.open()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.connections == 0)
    }

    @Test func `a request that waits for a connection can be cancelled, and others still get theirs`() async throws {
        let stalling = StallingServer(after: "")
        let first = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.opened()
        let second = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        second.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await second.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
        first.cancel()
        _ = await first.result
        let third = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(300)))
        #expect(third.code == .timedOut)
        #expect(stalling.server.requests.count == 2)
    }

    @Test func `a connection being made can be given up`() async throws {
        let hole = BlackHole()
        let client = HTTPClient.with { $0.connectTimeout = .seconds(3000) }
        let task = Task {
            try await client.execute(.init(url: "http://127.0.0.1:\(hole.port)/", deadline: .seconds(3000)))
        }
        await Task.yield()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `cancelling at any moment ends each request once`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.answering(Answer.hello)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                let task = Task { try await client.execute(.init(url: server.url())) }
                group.addTask {
                    for _ in 0..<number % 20 { await Task.yield() }
                    task.cancel()
                    switch await task.result {
                    case .success(let response): #expect(response.status == .ok)
                    case .failure(let error): #expect((error as? HTTPClientError)?.code == .cancelled)
                    }
                }
            }
        }
        #expect(try await client.execute(.init(url: server.url())).status == .ok)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }

    @Test(arguments: stalls)
    func `a deadline ends the request and closes the connection`(_ start: String) async throws {
        let stalling = StallingServer(after: start)
        let error = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(200)))
        #expect(error.code == .timedOut)
        #expect(error.requestMayHaveBeenSent)
        await stalling.isClosed.opened()
    }

    @Test func `a body that trickles does not put the deadline off`() async throws {
        let closed = Gate()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send("a") { _ = closed.opens(within: 20) }
            closed.open()
        }
        let error = try await client.failure(.init(url: server.url(), deadline: .milliseconds(300)))
        #expect(error.code == .timedOut)
        await closed.opened()
    }

    @Test func `the configuration's deadline holds unless the request has its own`() async throws {
        let client = HTTPClient.with { $0.deadline = .milliseconds(200) }
        let stalling = StallingServer(after: "")
        #expect(try await client.failure(.init(url: stalling.server.url())).code == .timedOut)

        let slow = ScriptedServer { connection in
            _ = connection.readRequest()
            _ = Gate().opens(within: 600)
            connection.send(Answer.hello)
        }
        let response = try await client.execute(.init(url: slow.url(), deadline: .seconds(30)))
        #expect(response.status == .ok)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(1)])
    func `a deadline that has passed is a passed deadline`(_ deadline: Duration) async throws {
        let error = try await client.failure(.init(url: "http://127.0.0.1:\(BlackHole().port)/", deadline: deadline))
        #expect(error.code == .timedOut)
    }

    @Test(arguments: [Duration.seconds(Int64.max), .milliseconds(Int64.max)])
    func `a deadline that never comes is no trouble`(_ deadline: Duration) async throws {
        let server = ScriptedServer.answering(Answer.hello)
        #expect(try await client.execute(.init(url: server.url(), deadline: deadline)).status == .ok)
    }

    @Test func `waiting for a connection counts`() async throws {
        let stalling = StallingServer(after: "")
        let first = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.opened()
        let error = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(100)))
        #expect(error.code == .timedOut)
        #expect(!error.requestMayHaveBeenSent)
        first.cancel()
        _ = await first.result
    }

    @Test func `the nearer of two deadlines comes first`() async throws {
        let client = HTTPClient()
        let stalling = StallingServer(after: "")
        let later = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.opened()
        let sooner = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(200)))
        #expect(sooner.code == .timedOut)
        later.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await later.value }
        #expect(error.code == .cancelled)
    }
}
