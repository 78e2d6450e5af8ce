import Foundation
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: ServiceName.exist(ServiceName.shop))) struct DescriptionTests {
    private static let folder = Cluster.project.appending(path: "Tests/Schemathesis")
    private static let python = Cluster.project.appending(path: ".venv-schemathesis/bin").path

    @Test(.timeLimit(.minutes(20)))
    func `schemathesis finds no difference between the services and their descriptions`()
        async throws
    {
        try await run(
            [
                "/bin/sh", "-ec",
                """
                [ -x .venv-schemathesis/bin/python ] || python3 -m venv .venv-schemathesis
                .venv-schemathesis/bin/pip install --quiet --requirement Tests/Schemathesis/requirements.txt
                """,
            ], in: Cluster.project)
        try await withCluster(environment: ["PASSWORD_CHECKS": "on"]) { cluster in
            // Catalog comes last because its run deletes the products that the others order.
            for services in [ServiceName.standard.filter { $0 != .catalog }, [.catalog]] {
                try await withThrowingTaskGroup { group in
                    for service in services {
                        group.addTask { try await Self.check(service, of: cluster) }
                    }
                    try await group.waitForAll()
                }
            }
            // The log of a service has the error that caused a 500 response.
            for service in ServiceName.standard {
                let errors = try cluster.log(service).split(separator: "\n").filter { $0.contains(" error ") }
                #expect(errors == [])
            }
        }
    }

    /// Runs schemathesis and checks the examples of one service.
    private static func check(_ service: ServiceName, of cluster: Cluster) async throws {
        let document = cluster.url(service, "/openapi.json")
        var environment = [
            "PATH": "/usr/bin:/bin", "JWT_KEYS_FILE": cluster.directory.appending(path: "secrets/jwt.json").path,
            "SCHEMATHESIS_HOOKS": folder.appending(path: "hooks.py").path,
        ]
        for service in ServiceName.standard {
            environment["\(service.rawValue.uppercased())_URL"] = cluster.url(service)
        }
        let examples = try await run(
            ["\(python)/python", folder.appending(path: "examples.py").path, document], in: cluster.directory)
        let report = try await run(
            [
                "\(python)/schemathesis", "--config-file", folder.appending(path: "schemathesis.toml").path, "run",
                document,
            ], in: cluster.directory, environment: environment)
        let counts = try #require(report.firstMatch(of: /(\d+) generated, (\d+) passed/))
        #expect(counts.1 == counts.2)
        #expect((Int(counts.1) ?? 0) > 200)
        print("\(service.rawValue): \(counts.1) cases of schemathesis pass, \(examples)", terminator: "")
    }
}
