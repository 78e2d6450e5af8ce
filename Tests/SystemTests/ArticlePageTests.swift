import Foundation
import TestSupport
import Testing

/// Runs `scripts/lib/articles.py` on changed copies of `docs/articles.md`.
@Suite(.enabled(if: ServiceName.exist(ServiceName.shop + [.compare]))) struct ArticlePageTests {
    private let folder: TemporaryFolder
    private let page: String

    init() throws {
        folder = try TemporaryFolder()
        for name in ["Services", "Tests", "scripts"] {
            try FileManager.default.createSymbolicLink(
                at: folder.file(name), withDestinationURL: Cluster.project.appending(path: name))
        }
        try FileManager.default.copyItem(at: Cluster.project.appending(path: "docs"), to: folder.file("docs"))
        page = try String(contentsOf: folder.file("docs/articles.md"), encoding: .utf8)
    }

    /// The messages of the script about a page; empty if it finds no violation.
    private func violations(in page: String) async throws -> String {
        try Data(page.utf8).write(to: folder.file("docs/articles.md"))
        do {
            return try await run(["/usr/bin/python3", "-B", "scripts/lib/articles.py"], in: folder.url)
        } catch let error as ClusterError {
            return error.description
        }
    }

    @Test func `the page of the articles is found without violations`() async throws {
        #expect(try await violations(in: page) == "")
    }

    @Test(arguments: [
        ("a token has expired at the time in exp and later", "a token that nobody tests", "names a test that"),
        ("Tests/JWTTests/ClaimTests.swift", "Tests/JWTTests/NoTests.swift", "which does not exist"),
        ("walkthrough.md#look-inside", "walkthrough.md#look-outside", "names a heading that"),
        ("(other-languages.md)", "(another-page.md)", "which does not exist"),
        ("- Script: `scripts/test-compose`", "- Script: `scripts/no-such`", "does not name a script"),
        ("- Test: ", "- Tested: ", "begins with none of Test, Page"),
        ("**17. ", "**18. ", "the rows are not 1 to 96"),
        (" are shown, ", " are surely shown, ", "does not state the number of rows"),
    ])
    func `a row that names something that does not exist is a violation`(
        text: String, replacement: String, message: String
    ) async throws {
        let changed = page.replacing(text, with: replacement, maxReplacements: 1)
        #expect(changed != page)
        #expect(try await violations(in: changed).contains(message))
    }

    @Test func `a row without an item and a wrong number of rows are violations`() async throws {
        let row = try #require(page.firstMatch(of: /\*\*88\. [^*]*\*\*\n\n[^-]*\n\n(- .*\n)+/))
        let text = row.0.split(separator: "\n- ")[0]
        let bare = page.replacing(row.0, with: text)
        #expect(try await violations(in: bare).contains("row 88 has nothing that shows it"))
        let count = try #require(page.firstMatch(of: /Of the 96 rows, (\d+) are shown/))
        let wrong = page.replacing(count.0, with: "Of the 96 rows, 0 are shown")
        #expect(try await violations(in: wrong).contains("the true numbers are 96: \(count.1) shown"))
    }
}
