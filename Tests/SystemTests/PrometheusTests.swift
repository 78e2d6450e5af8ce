import CurlClient
import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct PrometheusTests {
    private struct Response<Content: Decodable>: Decodable {
        let data: Content
    }

    private struct QueryResult: Decodable {
        let result: [Series]

        struct Series: Decodable {
            let metric: [String: String]
        }
    }

    private struct Alerts: Decodable {
        let alerts: [Alert]

        struct Alert: Decodable, Equatable {
            let labels: [String: String]
            let state: String
        }
    }

    private let http = HTTPClient()

    @Test func `Prometheus reads the metrics of each service, and notices a service that stops`() async throws {
        try await withCluster(running: ServiceName.standard) { cluster in
            for service in ServiceName.standard {
                #expect(try await cluster.get(service, "/readyz").status == 200)
            }
            let port = try await startPrometheus(beside: cluster)
            func services(where query: String) async throws -> Set<String> {
                let found: QueryResult = try await get("query?query=\(query)", port)
                return Set(found.result.compactMap { $0.metric["service"] })
            }
            let all = Set(ServiceName.standard.map(\.rawValue))
            #expect(try await eventually { (try? await services(where: "up==1")) == all })
            // The other metrics of the alerts appear with the first event that they count.
            let metrics = [
                "readiness_state", "jwt_keys_faulty", "process_open_fds", "http_requests_rejected_total",
                "http_connections_closed_total", "door_refusals_total",
            ]
            for metric in metrics {
                let found = try await services(where: metric)
                #expect(found == all, "\(metric)")
            }
            #expect(try await services(where: "outbox_oldest_age_seconds") == ["orders"])

            try await cluster.stop(.inbox)
            let isNoticed = try await eventually {
                let found: Alerts = try await get("alerts", port)
                return found.alerts.contains {
                    $0.labels["alertname"] == "ServiceDown" && $0.labels["service"] == "inbox"
                }
            }
            #expect(isNoticed)
        }
    }

    /// Starts Prometheus with the project's configuration. The services have fixed addresses instead of those of containers.
    private func startPrometheus(beside cluster: Cluster) async throws -> Int {
        let folder = Cluster.project.appending(path: "deploy/prometheus")
        let text = try String(contentsOf: folder.appending(path: "prometheus.yml"), encoding: .utf8)
        let common = try #require(text.split(separator: "    dns_sd_configs:").first)
        let targets = ServiceName.standard.map {
            "      - { targets: ['localhost:\(cluster.port($0))'], labels: { service: \($0.rawValue) } }\n"
        }
        let configuration = common.replacing("15s", with: "1s") + "    static_configs:\n" + targets.joined()
        try Data(configuration.utf8).write(to: cluster.directory.appending(path: "prometheus.yml"))
        try FileManager.default.copyItem(
            at: folder.appending(path: "rules.yml"), to: cluster.directory.appending(path: "rules.yml"))
        let port = try await cluster.unusedPort()
        try cluster.startExternalProgram([
            "/usr/bin/prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
            "--web.listen-address=127.0.0.1:\(port)",
        ])
        return port
    }

    private func get<Content: Decodable>(_ path: String, _ port: Int) async throws -> Content {
        let response = try await http.execute(.init(url: "http://localhost:\(port)/api/v1/\(path)"))
        return try JSONDecoder().decode(Response<Content>.self, from: Data(response.body)).data
    }
}
