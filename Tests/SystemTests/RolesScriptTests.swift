import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist(ServiceName.shop))) struct RolesScriptTests {
    private let compose: String

    init() throws {
        compose = try String(contentsOf: Cluster.project.appending(path: "docker-compose.yml"), encoding: .utf8)
    }

    private static let resourceServers = ServiceName.standard.filter { $0 != .login }.map(\.rawValue)

    /// The picture of the roles in a system with this compose file.
    private func picture(of compose: String) async throws -> String {
        let folder = try TemporaryFolder()
        try Data(compose.utf8).write(to: folder.file("compose.yml"))
        return try await run(["scripts/roles", folder.path("compose.yml")], in: Cluster.project)
    }

    @Test func `the page shows the roles of the services in docker-compose.yml`() async throws {
        let page = try String(contentsOf: Cluster.project.appending(path: "docs/oauth.md"), encoding: .utf8)
        let picture = try await picture(of: compose)
        #expect(page.contains("```text\n\(picture)```"))
        #expect(picture.contains("►  \(Self.resourceServers.joined(separator: ", "))\n"))
    }

    @Test(arguments: [
        ("wish-list2", "ports: [\"127.0.0.1:8086:8086\"]", true), ("tool", "image: x", false),
        ("extra", "profiles: [extra]\n    ports: [\"127.0.0.1:8086:8086\"]", false),
    ])
    func `a further service changes the picture if it publishes a port and has no profile`(
        name: String, lines: String, isShown: Bool
    ) async throws {
        let more = compose.replacing("\n  inbox:\n", with: "\n  \(name):\n    <<: *service\n    \(lines)\n\n  inbox:\n")
        #expect(more != compose)
        let picture = try await picture(of: more)
        let names = Self.resourceServers.flatMap { $0 == "inbox" && isShown ? [name, $0] : [$0] }
        #expect(picture.contains("►  \(names.joined(separator: ", "))\n"))
    }
}
