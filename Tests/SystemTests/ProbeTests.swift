import Foundation
import TestSupport
import Testing

/// Runs `jwt probe` on the services, and on servers that make the mistakes of tutorials.
@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct ProbeTests {
    private struct Report: Decodable {
        struct Check: Decodable {
            var name: String
            var outcome: String
            var status: Int?
            var detail: String
            var curl: String?
        }

        var finding: Int
        var unknown: Int
        var checks: [Check]
    }

    private static let jwt = Cluster.executables.appending(path: "jwt").path

    /// The options for a service, and the audience of a token for another one.
    private func options(_ service: ServiceName, _ cluster: Cluster) async throws -> [String] {
        let path =
            switch service {
            case .login: "/me"
            case .catalog: "/products/01900000-0000-7000-8000-ffffffffffff"
            case .orders: "/orders"
            case .inbox: "/messages"
            default: "/entries"
            }
        let other = try await cluster.token(
            "alice", extra: #", "audience": "\#(service == .orders ? "inbox" : "orders")""#)
        // Catalog has no other route that needs a token and changes nothing.
        return [cluster.url(service, path), "--method", service == .catalog ? "DELETE" : "GET", "--other-token", other]
    }

    private func probe(_ token: String, _ options: [String], in cluster: Cluster) async throws -> Report {
        let file = cluster.directory.appending(path: "report-\(UUID().uuidString).json")
        let script = #""$@" >"\#(file.path)" || true"#
        let command = [Self.jwt, "probe", "--token", token, "--json", "--rate", "500"] + options
        try await run(["/bin/bash", "-c", script, "probe"] + command, in: cluster.directory)
        return try JSONDecoder().decode(Report.self, from: Data(contentsOf: file))
    }

    @Test(.timeLimit(.minutes(3)), arguments: [true, false])
    func `the probe finds nothing at the services`(hasKeys: Bool) async throws {
        try await withCluster { cluster in
            for service in ServiceName.standard {
                let token = try await cluster.token(service == .catalog ? "staff" : "alice")
                var options = try await options(service, cluster)
                if hasKeys { options += ["--keys", "secrets/jwt.json"] }
                let report = try await probe(token, options, in: cluster)
                let open = report.checks.filter { ["finding", "unknown"].contains($0.outcome) }
                #expect(open.map { "\($0.name): \($0.status ?? 0) \($0.detail)" } == [], "\(service)")
                let sent = report.checks.filter { $0.outcome == "held" }
                #expect(sent.count >= (hasKeys ? 85 : 60), "\(service): \(sent.count)")
            }
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func `every curl line of a report repeats its request`() async throws {
        try await withCluster(running: [.login, .orders]) { cluster in
            let token = try await cluster.token("alice")
            let options = try await options(.orders, cluster) + ["--keys", "secrets/jwt.json"]
            let report = try await probe(token, options, in: cluster)
            let checks = report.checks.filter { $0.curl != nil }
            #expect(checks.count >= 85)
            let lines = checks.compactMap(\.curl).map { "\($0) | head -n 1 | cut -d ' ' -f 2 || true" }
            let other = try #require(options.firstIndex(of: "--other-token").map { options[$0 + 1] })
            let script = (["TOKEN='\(token)' OTHER_TOKEN='\(other)'"] + lines).joined(separator: "\n")
            let output = try await run(["/bin/bash", "-c", script], in: cluster.directory)
            let statuses = output.split(separator: "\n").map { Int($0) }
            #expect(statuses == checks.map(\.status))
            #expect(!checks.contains { $0.curl?.contains(token.suffix(20)) == true })
        }
    }

    /// The servers in Python run on any machine; that in Go where its parts are installed, that in Swift after `scripts/test`.
    @Test(.timeLimit(.minutes(5)))
    func `the probe finds the mistakes in the weak servers that the documentation lists`() async throws {
        try await run(["scripts/differential", "--install"], in: Cluster.project)
        let output = try await run(
            [
                "/usr/bin/python3", "Tests/WeakServers/weak_servers.py", Self.jwt, ".venv-pyjwt/bin/python",
            ], in: Cluster.project)
        let page = try String(contentsOf: Cluster.project.appending(path: "docs/probe.md"), encoding: .utf8)
        let lines = output.split(separator: "\n")
        for line in lines where line.hasPrefix("skipped: ") { print(line) }
        let libraries = ["PyJWT", "golang-jwt", "jwt-kit"].filter { library in
            !lines.contains { $0.hasPrefix("skipped: \(library) ") }
        }
        #expect(libraries.contains("PyJWT"))
        let documented = page.split(separator: "\n").filter { line in
            libraries.contains { line.hasPrefix("| \($0) `") }
        }
        #expect(lines.filter { $0.hasPrefix("| ") }.dropFirst(2) == documented[...], "docs/probe.md needs these rows")
        let strict = documented.filter { $0.contains("-strict`") }
        #expect(strict.count == 3 && strict.allSatisfy { $0.hasSuffix("| nothing |") }, "\(strict)")
    }
}
