import TestSupport
import Testing

@Test func `an inbox alone`() async throws {
    try await withCluster(running: [.inbox]) { cluster in
        let answer = try await cluster.get(.inbox, "/messages")
        #expect(answer.status == 401)
        #expect(try await cluster.stop(.inbox) == 0)
    }
}
