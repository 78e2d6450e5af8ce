import CurlClient
import HTTPTypes
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test func `a shutdown fails running and waiting requests and closes their connections`() async throws {
        let client = HTTPClient.with { $0.maximumConnectionsPerHost = 1 }
        let hasRequest = OneTimeEvent()
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            hasRequest.signal()
            connection.waitForClose()
            isClosed.signal()
        }
        let tasks = (0..<3).map { _ in
            Task { try await client.execute(.init(url: server.url(), deadline: .seconds(3000))) }
        }
        await hasRequest.wait()
        await client.shutdown()
        for task in tasks {
            let error = try await #require(throws: HTTPClientError.self) { try await task.value }
            #expect(error.code == .shutDown)
        }
        await isClosed.wait()
    }

    @Test func `a client that is shut down rejects requests and can be shut down again`() async throws {
        let client = HTTPClient()
        let server = ScriptedServer.responding(with: CannedResponse.empty)
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

    @Test func `each request that is concurrent with a shutdown ends`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
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

    @Test func `a client closes its connections when it is deallocated`() async throws {
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil { connection.send(CannedResponse.empty) }
            isClosed.signal()
        }
        do {
            let client = HTTPClient()
            _ = try await client.execute(.init(url: server.url()))
        }
        await isClosed.wait()
    }

    @Test func `many clients can be created and shut down`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        for number in 0..<50 {
            let client = HTTPClient()
            _ = try await client.execute(.init(url: server.url()))
            if number.isMultiple(of: 2) { await client.shutdown() }
        }
        #expect(server.connections == 50)
    }
}
