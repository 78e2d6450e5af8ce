import Foundation
import TestSupport
import Testing

@Suite struct AlertTests {
    private let folder = Cluster.project.appending(path: "deploy/prometheus")

    @Test func `promtool accepts the configuration, and each alert fires when its test says so`() async throws {
        try await run(["scripts/check-prometheus"], in: Cluster.project)
    }

    @Test func `the test of each alert fails when the comparison of the alert is turned around`() async throws {
        let rules = try String(contentsOf: folder.appending(path: "rules.yml"), encoding: .utf8)
        let alerts = rules.split(separator: "- alert:").dropFirst()
        #expect(!alerts.isEmpty)
        for alert in alerts {
            let broken = alert.replacing(" == ", with: " != ").replacing(" > ", with: " < ")
            #expect(broken != alert)
            let isAccepted = try await accepts(rules.replacing(alert, with: broken))
            #expect(!isAccepted, "\(alert.prefix { !$0.isNewline })")
        }
    }

    /// Whether the tests of the alerts pass with other rules.
    private func accepts(_ rules: String) async throws -> Bool {
        let copy = try TemporaryFolder()
        try Data(rules.utf8).write(to: copy.file("rules.yml"))
        try FileManager.default.copyItem(
            at: folder.appending(path: "rules.test.yml"), to: copy.file("rules.test.yml"))
        do {
            try await run(["/usr/bin/env", "promtool", "test", "rules", "rules.test.yml"], in: copy.url)
            return true
        } catch let error as ClusterError {
            #expect("\(error)".contains("FAILED"), "\(error)")
            return false
        }
    }
}
