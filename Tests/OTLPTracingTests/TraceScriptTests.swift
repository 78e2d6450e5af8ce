import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct TraceScriptTests {
    @Test func `the collector of scripts/traces passes its tests`() async throws {
        try await run(["/usr/bin/python3", "-B", "Tests/Traces/traces_test.py"], in: Cluster.project)
    }
}
