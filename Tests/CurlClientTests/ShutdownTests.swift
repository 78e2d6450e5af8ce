import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test func `requests under way and waiting fail, and their connections close`() async throws {
        let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }
        let hasRequest = Gate()
        let isClosed = Gate()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            hasRequest.open()
            connection.waitForClose()
            isClosed.open()
        }
        let tasks = (0..<3).map { _ in
            Task { try await client.execute(.init(url: server.url(), deadline: .seconds(3000))) }
        }
        await hasRequest.opened()
        await client.shutdown()
        for task in tasks {
            let error = try await #require(throws: HTTPClientError.self) { try await task.value }
            #expect(error.code == .shutDown)
        }
        await isClosed.opened()
    }

    @Test func `a client that is shut down takes no requests, and can be shut down again`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.answering(Answer.empty)
        _ = try await client.execute(.init(url: server.url()))
        async let once: Void = client.shutdown()
        async let again: Void = client.shutdown()
        _ = await (once, again)
        await client.shutdown()
        let error = try await client.failure(.init(url: server.url(), retry: .standard))
        #expect(error.code == .shutDown)
        #expect(!error.requestMayHaveBeenSent)
        #expect(server.requests.count == 1)
    }

    @Test func `requests that race the shutdown all end`() async throws {
        let server = ScriptedServer.answering(Answer.hello)
        for _ in 0..<20 {
            let client = HTTPClient()
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        if number == 20 { await client.shutdown() }
                        do throws(HTTPClientError) {
                            #expect(try await client.execute(.init(url: server.url())).status == .ok)
                        } catch {
                            #expect(error.code == .shutDown)
                        }
                    }
                }
            }
        }
    }

    @Test func `a client that nobody holds any more closes its connections`() async throws {
        let isClosed = Gate()
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil { connection.send(Answer.empty) }
            isClosed.open()
        }
        do {
            let client = HTTPClient()
            _ = try await client.execute(.init(url: server.url()))
        }
        await isClosed.opened()
    }

    @Test func `many clients come and go`() async throws {
        let server = ScriptedServer.answering(Answer.empty)
        for number in 0..<50 {
            let client = HTTPClient()
            _ = try await client.execute(.init(url: server.url()))
            if number.isMultiple(of: 2) { await client.shutdown() }
        }
        #expect(server.connections == 50)
    }
}
