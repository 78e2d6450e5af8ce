import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct MetricsTests {
    @Test func `promtool finds nothing wrong with the metrics of any service`() async throws {
        let environment = ["TOKEN_AUDIENCES": ServiceName.allNames]
        try await withCluster(running: ServiceName.allCases, environment: environment) { cluster in
            // A series appears with the first event that it counts.
            #expect(try await cluster.signIn("alice", password: "wrong").status == 400)
            let token = try await cluster.token("alice")
            #expect(try await cluster.order(token: token).status == 201)
            #expect(try await cluster.get(.orders, "/orders", token: token.tampered).status == 401)
            for service in ServiceName.allCases {
                #expect(try await cluster.get(service, "/readyz").status == 200)
                #expect(try await cluster.get(service, "/nothing").status == 404)
                let metrics = try await cluster.get(service, "/metrics").text
                #expect(metrics.contains("\nprocess_start_time_seconds "), "\(service.rawValue)")
                try Data(metrics.utf8).write(to: cluster.directory.appending(path: "metrics"))
                try await run(["/bin/sh", "-c", "promtool check metrics <metrics"], in: cluster.directory)
            }
        }
    }

    @Test func `every command about logs and metrics in the documentation has the documented output`() async throws {
        try await ExecutablePage("docs/monitoring.md").check(environment: ["LOG_LEVEL": "info"])
    }
}
