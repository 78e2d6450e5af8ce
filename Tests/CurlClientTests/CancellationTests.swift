import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }

    @Test(arguments: StallingServer.starts)
    func `a cancelled task ends its request and closes the connection`(_ start: String) async throws {
        let stalling = StallingServer(after: start)
        let task = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.wait()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(error.requestMayHaveBeenSent)
        await stalling.isClosed.wait()
    }

    @Test func `a task that is cancelled before its request sends none`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        let begin = OneTimeEvent()
        let task = Task {
            await begin.wait()
            return try await client.execute(.init(url: server.url()))
        }
        task.cancel()
        begin.signal()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.connections == 0)
    }

    @Test func `a task that is cancelled before its request sends none on a kept connection`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        _ = try await client.execute(.init(url: server.url()))
        for _ in 0..<1000 {
            let error = try await #require(throws: HTTPClientError.self) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.cancelAll()
                    group.addTask { _ = try await client.execute(.init(url: server.url("/cancelled"))) }
                    try await group.waitForAll()
                }
            }
            #expect(error.code == .cancelled)
        }
        _ = try await client.execute(.init(url: server.url("/last")))
        #expect(server.requests.count == 2)
    }

    @Test func `a request that waits for a connection can be cancelled without effect on others`() async throws {
        let stalling = StallingServer(after: "")
        let first = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        await stalling.hasRequest.wait()
        let second = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        second.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await second.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
        first.cancel()
        _ = await first.result
        let third = Task { try await client.execute(.init(url: stalling.server.url(), deadline: .seconds(3000))) }
        while stalling.server.requests.count < 2 { await Task.yield() }
        third.cancel()
        _ = await third.result
    }

    @Test func `a request can be cancelled while its connection is being made`() async throws {
        let unresponsive = UnresponsivePort()
        let client = HTTPClient.with { $0.connectTimeout = .seconds(3000) }
        let task = Task {
            try await client.execute(.init(url: "http://127.0.0.1:\(unresponsive.port)/", deadline: .seconds(3000)))
        }
        await Task.yield()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        #expect(!error.requestMayHaveBeenSent)
    }

    @Test func `a request that is cancelled at any moment ends once`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.responding(with: CannedResponse.hello)
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
