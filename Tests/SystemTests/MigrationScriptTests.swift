import Foundation
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct MigrationScriptTests {
    private func lint(_ schemas: String...) async throws -> String {
        try await run(["scripts/squawk"] + schemas, in: Cluster.project)
    }

    @Test func `squawk finds nothing in the migrations of the services`() async throws {
        let output = try await lint()
        #expect(output == "")
    }

    @Test(arguments: [
        ("CREATE INDEX accounts_by_name ON accounts (name)", "require-concurrent-index-creation"),
        ("ALTER TABLE accounts RENAME COLUMN name TO title", "renaming-column"),
    ])
    func `squawk finds a migration that disturbs older replicas`(sql: String, rule: String) async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("Login"), withIntermediateDirectories: false)
        let schema = """
            Migration("known clients", "CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL)"),
            Migration("later", "\(sql)"),
            """
        try Data(schema.utf8).write(to: folder.file("Login/Schema.swift"))
        let error = await #expect(throws: ClusterError.self) { try await lint(folder.path("Login/Schema.swift")) }
        #expect(error?.description.contains(rule) == true)
    }

    @Test func `a migration that the script cannot read is an error`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.file("Login"), withIntermediateDirectories: false)
        try Data("Migration(name, text),".utf8).write(to: folder.file("Login/Schema.swift"))
        let error = await #expect(throws: ClusterError.self) { try await lint(folder.path("Login/Schema.swift")) }
        #expect(error?.description.contains("cannot read a migration") == true)
    }
}
