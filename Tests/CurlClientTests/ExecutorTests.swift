import CurlClient
import HTTPTypes
import Testing

/// Tasks that run on the client's thread.
@Suite(.timeLimit(.minutes(1)))
struct ExecutorTests {
    @Test func `a request of one of many tasks is sent before all of them have run`() async throws {
        let hasArrived = OneTimeEvent()
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                if connection.server.requests.count == 2 { hasArrived.signal() }
                connection.send(CannedResponse.hello)
            }
        }
        let client = HTTPClient()
        _ = try await client.execute(.init(url: server.url()))
        let results = await withTaskExecutorPreference(client.executor) {
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        // The last task does not end before the request of the first one is sent.
                        guard number < 15 else { return hasArrived.blockingWait(milliseconds: 5000) }
                        return (try? await client.execute(.init(url: server.url()))) != nil
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(results == Array(repeating: true, count: 16))
    }
}
