import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// Runs the executable on a database file that a service may have open at the same time.
@Suite struct AccountsCommandTests {
    private let stores: Stores

    init() async throws {
        stores = try Stores()
        _ = try await stores.addAccount("alice")
        _ = try await stores.addAccount("bob")
    }

    /// Runs `login accounts …` and returns the fields of each printed line.
    private func accounts(_ arguments: [String]) async throws -> [[String]] {
        let text = try await run(
            [Cluster.executables.appending(path: "login").path, "accounts"] + arguments,
            in: URL(filePath: stores.folder.path), environment: ["DATABASE_URL": try stores.folder.databaseURL])
        return text.split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func `the command lists accounts by name, with id, state and scope`() async throws {
        let alice = try #require(await stores.accounts.find("alice".username))
        let lines = try await accounts(["list"])
        #expect(lines.map(\.first) == ["alice", "bob"])
        #expect(lines[0] == ["alice", alice.id.lowercase, "enabled", "orders:read orders:write inbox:read"])
    }

    @Test func `the command grants and revokes scopes`() async throws {
        let granted = try await accounts(["grant", "Alice", "catalog:write", "orders:read:all"])
        #expect(granted.first?.last == "orders:read orders:write inbox:read catalog:write orders:read:all")
        #expect(try await stores.accounts.find("alice".username)?.scope.names.contains("catalog:write") == true)
        _ = try await accounts(["revoke", "alice", "catalog:write", "orders:write"])
        #expect(
            try await stores.accounts.find("alice".username)?.scope.text == "orders:read inbox:read orders:read:all")
        #expect(try await stores.accounts.find("bob".username)?.scope == .customer)
    }

    @Test func `the command disables and enables an account`() async throws {
        #expect(try await accounts(["disable", "bob"]).first?[2] == "disabled")
        #expect(try await stores.accounts.find("bob".username)?.isDisabled == true)
        #expect(try await accounts(["enable", "bob"]).first?[2] == "enabled")
        #expect(try await stores.accounts.find("bob".username)?.isDisabled == false)
    }

    @Test(arguments: ["--help", "-al", "--version"])
    func `the command takes a name that begins with a hyphen after two hyphens`(name: String) async throws {
        _ = try await stores.addAccount(name)
        #expect(try await accounts(["disable", "--", name]).first?.prefix(3).last == "disabled")
        #expect(try await stores.accounts.find(name.username)?.isDisabled == true)
        #expect(try await accounts(["grant", "--", name, "catalog:write"]).first?.first == name)
    }

    @Test(arguments: [
        ["grant", "nobody", "catalog:write"], ["revoke", "nobody", "catalog:write"], ["disable", "nobody"],
        ["enable", "no name"], ["grant", "alice", "a\"quote"], ["grant", "alice"],
        ["grant", "alice", String(repeating: "x", count: 200)], ["grant", "alice", "x", "x"],
    ])
    func `an impossible command fails with an error message and changes nothing`(arguments: [String]) async throws {
        let before = try await stores.accounts.list()
        let error = await #expect(throws: ClusterError.self) { try await accounts(arguments) }
        #expect(error?.description.contains("Error: ") == true)
        #expect(try await stores.accounts.list() == before)
    }

    /// The exit statuses that `docs/configuration.md` states.
    @Test(arguments: [
        (["list"], "0"), (["disable", "nobody"], "1"), (["enable", "nobody"], "1"),
        (["grant", "nobody", "catalog:write"], "1"), (["revoke", "nobody", "catalog:write"], "1"),
        (["grant", "alice", String(repeating: "x", count: 200)], "1"), (["disable", "no name"], "64"),
        (["grant", "alice", "x", "x"], "64"), (["grant", "alice"], "64"),
    ])
    func `a command that cannot be carried out exits with 1, and one with wrong arguments with 64`(
        arguments: [String], status: String
    ) async throws {
        let executable = Cluster.executables.appending(path: "login").path
        let text = try await run(
            ["/bin/sh", "-c", #""$@" 2>&1; echo "$?""#, "sh", executable, "accounts"] + arguments,
            in: URL(filePath: stores.folder.path), environment: ["DATABASE_URL": try stores.folder.databaseURL])
        #expect(text.split(separator: "\n").last.map(String.init) == status)
        #expect(text.lowercased().contains("usage:") == (status == "64"))
    }

    @Test(.enabled(if: geteuid() == 0 && TestEngine.selected == .sqlite))
    func `root acts as the owner of the folder with the database`() async throws {
        let folder = URL(filePath: stores.folder.path)
        try await run(["/bin/chown", "-R", "1000:1000", "."], in: folder)
        #expect(try await accounts(["disable", "alice"]).first?[2] == "disabled")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path)
            #expect(attributes[.ownerAccountID] as? Int == 1000, "\(name)")
        }

        // The owner leads root to a file that only root may write.
        let victim = try TemporaryFolder()
        try await run(["/bin/cp", "service.sqlite", victim.path("victim")], in: folder)
        try await run(["/bin/sh", "-c", "chmod 600 \"$0\" && rm service.sqlite*", victim.path("victim")], in: folder)
        let before = try Data(contentsOf: victim.file("victim"))
        for (link, target) in [("service.sqlite", "victim"), ("service.sqlite", "new")] {
            let path = folder.appending(path: link).path
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim.path(target))
            await #expect(throws: (any Error).self) { try await accounts(["disable", "bob"]) }
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try Data(contentsOf: victim.file("victim")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: victim.path) == ["victim"])
    }
}
