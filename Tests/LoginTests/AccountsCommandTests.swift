import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// The executable itself, on a database that a service may have open.
@Suite struct AccountsCommandTests {
    private let stores: Stores

    init() async throws {
        stores = try Stores()
        _ = try await stores.addAccount("alice")
        _ = try await stores.addAccount("bob")
    }

    /// Runs `login accounts …` and returns its fields, those of each line in a row of their own.
    private func accounts(_ arguments: [String]) async throws -> [[String]] {
        let text = try await run(
            [Cluster.executables.appending(path: "login").path, "accounts"] + arguments,
            in: URL(filePath: stores.folder.path), environment: ["DATABASE_URL": stores.folder.databaseURL])
        return text.split(separator: "\n").map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func `accounts are listed by name, with id, state and scope`() async throws {
        let alice = try present(await stores.accounts.find("alice".username))
        let lines = try await accounts(["list"])
        #expect(lines.map(\.first) == ["alice", "bob"])
        #expect(lines[0] == ["alice", alice.id.lowercase, "enabled", "orders:read orders:write inbox:read"])
    }

    @Test func `scopes are granted and revoked`() async throws {
        let granted = try await accounts(["grant", "Alice", "catalog:write", "orders:read:all"])
        #expect(granted.first?.last == "orders:read orders:write inbox:read catalog:write orders:read:all")
        #expect(try await stores.accounts.find("alice".username)?.scope.names.contains("catalog:write") == true)
        _ = try await accounts(["revoke", "alice", "catalog:write", "orders:write"])
        #expect(
            try await stores.accounts.find("alice".username)?.scope.text == "orders:read inbox:read orders:read:all")
        #expect(try await stores.accounts.find("bob".username)?.scope == .customer)
    }

    @Test func `an account is disabled and enabled`() async throws {
        #expect(try await accounts(["disable", "bob"]).first?[2] == "disabled")
        #expect(try await stores.accounts.find("bob".username)?.isDisabled == true)
        #expect(try await accounts(["enable", "bob"]).first?[2] == "enabled")
        #expect(try await stores.accounts.find("bob".username)?.isDisabled == false)
    }

    @Test(arguments: [
        ["grant", "nobody", "catalog:write"], ["revoke", "nobody", "catalog:write"], ["disable", "nobody"],
        ["enable", "no name"], ["grant", "alice", "a\"quote"], ["grant", "alice"],
        ["grant", "alice", String(repeating: "x", count: 200)], ["grant", "alice", "x", "x"],
    ])
    func `what cannot be done fails with a sentence and changes nothing`(arguments: [String]) async throws {
        let before = try await stores.accounts.list()
        let error = await #expect(throws: ClusterError.self) { try await accounts(arguments) }
        #expect(error?.description.contains("Error: ") == true)
        #expect(try await stores.accounts.list() == before)
    }
}
