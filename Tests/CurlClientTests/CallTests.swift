import CurlClient
import HTTPTypes
import Synchronization
import Testing

/// Retry budgets, `Retry-After`, inherited deadlines and reports.
@Suite(.timeLimit(.minutes(1)))
struct CallTests {
    private static let eager = HTTPClient.RetryPolicy(
        maximumAttempts: 100, firstPause: .zero, honorsRetryAfter: true)
    private static let field = HTTPField.Name("X-Request-Timeout")

    @Test func `a budget limits the retries to one origin`() async throws {
        let closing = ScriptedServer { _ = $0.readRequest() }
        let client = HTTPClient()
        _ = try await client.failure(.init(url: closing.url(), retry: Self.eager))
        #expect(closing.requests.count == 11)
        // Ten further calls earn one further retry.
        for _ in 0..<10 { _ = try await client.failure(.init(url: closing.url(), retry: Self.eager)) }
        #expect(closing.requests.count == 22)
        let other = ScriptedServer { _ = $0.readRequest() }
        _ = try await client.failure(.init(url: other.url(), retry: Self.eager))
        #expect(other.requests.count == 11)
    }

    @Test(arguments: [429, 503])
    func `a rejected request is repeated after the time in Retry-After`(_ status: Int) async throws {
        let server = ScriptedServer { connection in
            var isFirst = true
            while connection.readRequest() != nil {
                connection.send(
                    isFirst
                        ? "HTTP/1.1 \(status) X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n" : CannedResponse.hello)
                isFirst = false
            }
        }
        let response = try await HTTPClient().execute(.init(url: server.url(), retry: Self.eager))
        #expect(response.status == .ok)
        #expect(server.requests.count == 2)
    }

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `a rejected request is repeated after a date in Retry-After that has passed`(_ date: String) async throws {
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send(
                    connection.server.requests.count == 1
                        ? "HTTP/1.1 503 X\r\nRetry-After: \(date)\r\nContent-Length: 0\r\n\r\n" : CannedResponse.hello)
            }
        }
        #expect(try await HTTPClient().execute(.init(url: server.url(), retry: Self.eager)).status == .ok)
    }

    @Test(arguments: [
        "503 X\r\nRetry-After: 60", "503 X\r\nRetry-After: -1", "503 X\r\nRetry-After: soon", "503 X",
        "503 X\r\nRetry-After: +0", "503 X\r\nRetry-After: 0.5", "503 X\r\nRetry-After:", "503 X\r\nRetry-After: 0, 0",
        "503 X\r\nRetry-After: 65536", "503 X\r\nRetry-After: 99999999999999999999",
        "503 X\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT", "503 X\r\nRetry-After: Fri, 99 Foo 2100 23:59:59 GMT",
        "503 X\r\nRetry-After: 1994-11-06",
        "500 X\r\nRetry-After: 0", "200 OK\r\nRetry-After: 0",
    ])
    func `another response is returned at once`(_ head: String) async throws {
        let server = ScriptedServer.responding(with: "HTTP/1.1 \(head)\r\nContent-Length: 0\r\n\r\n")
        let response = try await HTTPClient().execute(
            .init(url: server.url(), deadline: .seconds(30), retry: Self.eager))
        #expect("\(response.status.code)" == head.prefix(3))
        #expect(server.requests.count == 1)
    }

    @Test func `a rejected request that is not idempotent is not repeated`() async throws {
        let server = ScriptedServer.responding(
            with: "HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
        _ = try await HTTPClient().execute(.init(method: .post, url: server.url(), retry: Self.eager))
        #expect(server.requests.count == 1)
    }

    @Test func `a call ends at the deadline of its caller and tells the server the time that is left`() async throws {
        let client = HTTPClient.with {
            $0.inheritedDeadline = { .now + .milliseconds(300) }
            $0.timeoutField = Self.field
        }
        let stalling = StallingServer(after: "")
        let error = try await client.failure(.init(url: stalling.server.url(), deadline: .seconds(3000)))
        #expect(error.code == .timedOut)
        let milliseconds = try #require(
            stalling.server.requests.first?.values("x-request-timeout").first.flatMap { Int($0) })
        #expect((1...300).contains(milliseconds))
    }

    @Test func `a call that has a shorter deadline than its caller tells the server its own`() async throws {
        let client = HTTPClient.with {
            $0.inheritedDeadline = { .now + .seconds(60) }
            $0.timeoutField = Self.field
        }
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        _ = try await client.execute(.init(url: server.url(), deadline: .seconds(20)))
        let milliseconds = try #require(server.requests.first?.values("x-request-timeout").first.flatMap { Int($0) })
        #expect((1...20_000).contains(milliseconds))
    }

    @Test func `a call that waits for a connection tells the server the time that is left then`() async throws {
        let (hasFirst, hasSecond, mayRespond) = (OneTimeEvent(), OneTimeEvent(), OneTimeEvent())
        let calls = Mutex(0)
        let end = ContinuousClock.now + .seconds(50)
        let client = HTTPClient.with {
            $0.timeoutField = Self.field
            $0.maximumConnectionsPerHost = 1
            $0.deadline = .seconds(60)
            $0.inheritedDeadline = {
                if calls.withLock({ calls in exchange(&calls, with: calls + 1) }) == 1 { hasSecond.signal() }
                return end
            }
        }
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                hasFirst.signal()
                mayRespond.blockingWait()
                connection.send(CannedResponse.hello)
            }
        }
        async let first = client.execute(.init(url: server.url()))
        await hasFirst.wait()
        async let second = client.execute(.init(url: server.url()))
        await hasSecond.wait()
        try await Task.sleep(for: .milliseconds(200))
        let left = end - .now
        mayRespond.signal()
        #expect(try await [first, second].map(\.status) == [.ok, .ok])
        let milliseconds = try #require(server.requests.last?.values("x-request-timeout").first.flatMap { Int($0) })
        #expect(milliseconds > 0 && .milliseconds(milliseconds - 1) <= left)
    }

    @Test(arguments: [Int64.min, Int64.min / 2, Int64.min / 1000])
    func `a deadline in the distant past is a timeout`(_ seconds: Int64) async throws {
        let client = HTTPClient.with { $0.timeoutField = Self.field }
        let error = try await client.failure(.init(url: "http://127.0.0.1:1/", deadline: .seconds(seconds)))
        #expect(error.code == .timedOut)
    }

    @Test func `a request that tells the server the time itself tells it once`() async throws {
        let client = HTTPClient.with { $0.timeoutField = Self.field }
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        let name = try #require(Self.field)
        _ = try await client.execute(.init(url: server.url(), headers: [name: "7"]))
        #expect(server.requests.first?.values("x-request-timeout") == ["7"])
    }

    @Test func `a call whose caller has gone sends nothing`() async throws {
        let client = HTTPClient.with { $0.inheritedDeadline = { .now - .seconds(1) } }
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        let error = try await client.failure(.init(url: server.url()))
        #expect(error.code == .timedOut)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.connections == 0)
    }

    @Test func `each call is reported with its outcome, attempts and connections`() async throws {
        let reports = Mutex<[HTTPClient.CallReport]>([])
        let client = HTTPClient.with { $0.report = { report in reports.withLock { $0.append(report) } } }
        let server = ScriptedServer { connection in
            guard connection.readRequest() != nil, connection.number > 1 else { return }
            connection.send(CannedResponse.hello)
            while connection.readRequest() != nil { connection.send(CannedResponse.empty) }
        }
        _ = try await client.execute(.init(url: server.url(), retry: Self.eager))
        _ = try await client.execute(.init(url: server.url()))
        let closed = ClosedPort()
        _ = try await client.failure(.init(url: "http://127.0.0.1:\(closed.port)/"))
        let all = reports.withLock { $0 }
        #expect(all.map(\.server) == [server.port, server.port, closed.port].map { "127.0.0.1:\($0)" })
        #expect(all.map(\.attempts) == [2, 1, 1])
        #expect(all.map(\.openedConnections) == [2, 0, 0])
        #expect(all.map { Self.text($0.outcome) } == ["200", "200", "connectionFailed"])
    }

    @Test func `a request that libcurl rejects opens no connection in its report`() async throws {
        let reports = Mutex<[HTTPClient.CallReport]>([])
        let client = HTTPClient.with { $0.report = { report in reports.withLock { $0.append(report) } } }
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        _ = try await client.execute(.init(url: server.url()))
        _ = try await client.failure(.init(url: "http://[1:2]/"))
        #expect(reports.withLock { $0.map(\.openedConnections) } == [1, 0])
    }

    private static func text(_ outcome: HTTPClient.CallReport.Outcome) -> String {
        switch outcome {
        case .response(let status): "\(status.code)"
        case .error(let code): "\(code)"
        }
    }
}
