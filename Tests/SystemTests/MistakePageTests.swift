import Foundation
import TestSupport
import Testing

/// Runs `scripts/lib/mistakes.py` on changed copies of `docs/oauth.md`.
@Suite(.enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct MistakePageTests {
    private let folder: TemporaryFolder
    private let page: String

    init() throws {
        folder = try TemporaryFolder()
        for name in ["Services", "Tests", "scripts"] {
            try FileManager.default.createSymbolicLink(
                at: folder.file(name), withDestinationURL: Cluster.project.appending(path: name))
        }
        try FileManager.default.copyItem(at: Cluster.project.appending(path: "docs"), to: folder.file("docs"))
        page = try String(contentsOf: folder.file("docs/oauth.md"), encoding: .utf8)
    }

    /// The messages of the script about a page; empty if it finds no violation.
    private func violations(in page: String) async throws -> String {
        try Data(page.utf8).write(to: folder.file("docs/oauth.md"))
        do {
            return try await run(["/usr/bin/python3", "scripts/lib/mistakes.py"], in: folder.url)
        } catch let error as ClusterError {
            return error.description
        }
    }

    @Test func `every mistake names code and a test that exist`() async throws {
        #expect(try await violations(in: page) == "")
    }

    @Test(arguments: [
        (
            "== \"S256\" else {`", "== \"S257\" else {`",
            "names code that Services/Login/Authorization/CodeChallenge.swift does"
        ),
        ("`Services/Login/Clients/RedirectURI.swift`", "`Services/Login/Clients/NoFile.swift`", "which does not exist"),
        ("`Services/Login/Clients/RedirectURI.swift`", "Services/Login/Clients/RedirectURI.swift", "is not written as"),
        ("twenty redemptions at once", "thirty redemptions at once", "names a test that"),
        ("- Code: ", "- Line: ", "begins with neither Code nor Test"),
        ("## The code that rejects each", "## The code", "has no mistakes"),
        (
            "- Test: `Tests/LoginTests/AuthorizationCodeTests.swift`: twenty redemptions at once have one success\n",
            "", "names no Test"
        ),
    ])
    func `a mistake that names something that does not exist is a violation`(
        text: String, replacement: String, message: String
    ) async throws {
        let changed = page.replacing(text, with: replacement, maxReplacements: 1)
        #expect(changed != page)
        #expect(try await violations(in: changed).contains(message))
    }
}
