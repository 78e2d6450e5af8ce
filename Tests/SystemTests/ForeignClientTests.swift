import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct ForeignClientTests {
    @Test(.timeLimit(.minutes(5)))
    func `clients of other libraries get tokens, use them, renew them and revoke them`() async throws {
        try await run(
            [
                "/bin/sh", "-ec",
                """
                [ -x .venv-foreign/bin/python ] || python3 -m venv .venv-foreign
                .venv-foreign/bin/pip install --quiet --requirement Tests/ForeignClients/requirements.txt
                """,
            ], in: Cluster.project)
        try await withCluster { cluster in
            let output = try await run(
                [
                    Cluster.project.appending(path: ".venv-foreign/bin/python").path,
                    Cluster.project.appending(path: "Tests/ForeignClients/clients.py").path,
                ] + [ServiceName.login, .catalog, .orders, .inbox].map { cluster.url($0) }, in: cluster.directory)
            #expect(output.split(separator: "\n").count == 7, "\(output)")
        }
    }
}
