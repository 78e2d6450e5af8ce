import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }

    @Test(arguments: StallingServer.starts)
    func `a deadline ends the request and closes the connection`(_ start: String) async throws {
        let stalling = StallingServer(after: start)
        let error = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(200)))
        #expect(error.code == .timedOut)
        #expect(error.requestMayHaveBeenSent)
        await stalling.isClosed.wait()
    }

    @Test func `a slow body does not extend the deadline`() async throws {
        let closed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send("a") { closed.blockingWait(milliseconds: 20) }
            closed.signal()
        }
        let error = try await client.failure(.init(url: server.url(), deadline: .milliseconds(300)))
        #expect(error.code == .timedOut)
        await closed.wait()
    }

    @Test func `the configuration's deadline applies unless the request has its own`() async throws {
        let client = HTTPClient.with { $0.deadline = .milliseconds(200) }
        let stalling = StallingServer(after: "")
        #expect(try await client.failure(.init(url: stalling.server.url())).code == .timedOut)

        let slow = ScriptedServer { connection in
            _ = connection.readRequest()
            OneTimeEvent().blockingWait(milliseconds: 600)
            connection.send(CannedResponse.hello)
        }
        let response = try await client.execute(.init(url: slow.url(), deadline: .seconds(30)))
        #expect(response.status == .ok)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(1)])
    func `a deadline that has passed already is a timeout`(_ deadline: Duration) async throws {
        let error = try await client.failure(
            .init(url: "http://127.0.0.1:\(UnresponsivePort().port)/", deadline: deadline))
        #expect(error.code == .timedOut)
    }

    @Test(arguments: [Duration.seconds(Int64.max), .milliseconds(Int64.max)])
    func `a deadline in the far future is accepted`(_ deadline: Duration) async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        #expect(try await client.execute(.init(url: server.url(), deadline: deadline)).status == .ok)
    }

    @Test func `the deadline includes the wait for a connection`() async throws {
        let stalling = StallingServer(after: "")
        let first = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.wait()
        let error = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(100)))
        #expect(error.code == .timedOut)
        #expect(!error.requestMayHaveBeenSent)
        first.cancel()
        _ = await first.result
    }

    @Test func `the request with the earlier of two deadlines ends first`() async throws {
        let client = HTTPClient()
        let stalling = StallingServer(after: "")
        let later = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.wait()
        let sooner = try await client.failure(.init(url: stalling.server.url(), deadline: .milliseconds(200)))
        #expect(sooner.code == .timedOut)
        later.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await later.value }
        #expect(error.code == .cancelled)
    }
}
