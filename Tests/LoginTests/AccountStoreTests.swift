import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct AccountStoreTests {
    private let clock = TestClock()

    @Test func `an account is stored with its hash, not its password`() async throws {
        let stores = try Stores()
        let account = try await stores.addAccount("alice")
        let row = try await stores.database.read { connection in
            try connection.queryOne("SELECT id, username, password, created_at, disabled_at FROM accounts")
        }
        let (id, password): (UUID, String) = (try #require(row)["id"], try #require(row)["password"])
        #expect(id == account.id)
        #expect(password.hasPrefix("$scrypt$ln=4,r=8,p=1$") && !password.contains(goodPassword))
        #expect(try #require(row)["created_at"] == clock.now.milliseconds)
        #expect(try await stores.accounts.find("alice".username) == account)
        #expect(account.scope.text == "orders:read orders:write inbox:read")
    }

    @Test func `a name can be taken only once`() async throws {
        let stores = try Stores()
        let first = try await stores.addAccount("alice")
        let hash = try PasswordHash(of: "another password".prepared, cost: .cheap)
        #expect(try await stores.accounts.create("alice".username, password: hash, scope: .staff, at: clock.now) == nil)
        #expect(try await stores.accounts.list() == [first])
    }

    @Test func `scopes are granted once, kept in order, and revoked`() async throws {
        let stores = try Stores()
        _ = try await stores.addAccount("alice")
        let alice = try "alice".username
        for _ in 1...2 { _ = try await stores.accounts.grant(.staff, to: alice) }
        #expect(
            try await stores.accounts.find(alice)?.scope.text
                == "orders:read orders:write inbox:read catalog:write orders:read:all")
        let left = try await stores.accounts.revoke(Scope(names: ["orders:write", "never:granted"]), from: alice)
        #expect(left?.scope.text == "orders:read inbox:read catalog:write orders:read:all")
    }

    @Test func `a grant that would make tokens too long changes nothing`() async throws {
        let stores = try Stores()
        let before = try await stores.addAccount("alice")
        let long = Scope(names: [String(repeating: "x", count: AccountStore.maximumScopeBytes)])
        guard case .scopeTooLong = try await stores.accounts.grant(long, to: "alice".username) else {
            Issue.record("the grant was accepted")
            return
        }
        #expect(try await stores.accounts.find("alice".username) == before)
    }

    @Test func `a change of an unknown account finds no account`() async throws {
        let stores = try Stores()
        let (accounts, nobody) = (stores.accounts, try "nobody".username)
        let granted = try await accounts.grant(.staff, to: nobody)
        let revoked = try await accounts.revoke(.staff, from: nobody)
        let disabled = try await accounts.setDisabled(true, nobody, at: clock.now)
        let credentials = try await accounts.credentials(of: nobody)
        #expect(granted == .noAccount && revoked == nil && disabled == nil && credentials?.account == nil)
    }

    @Test func `disabling an account ends its sessions, and enabling does not restore them`() async throws {
        let stores = try Stores()
        let account = try await stores.addAccount("alice")
        let (session, token) = try #require(
            await stores.sessions.begin(account, scope: .customer, audience: ["x"], at: clock.now))
        _ = try await stores.accounts.setDisabled(true, "alice".username, at: clock.now)
        #expect(try await stores.accounts.find("alice".username)?.isDisabled == true)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        let row = try await stores.database.read { try $0.queryOne("SELECT ended_at FROM sessions") }
        #expect(try #require(row)["ended_at"] == clock.now.milliseconds)
        _ = try await stores.accounts.setDisabled(false, "alice".username, at: clock.now)
        #expect(try await stores.accounts.find("alice".username)?.isDisabled == false)
        guard case .unknown = try await stores.sessions.renew(token, at: clock.now) else {
            Issue.record("the session goes on")
            return
        }
    }

    @Test func `a damaged hash causes an error that names the account`() async throws {
        let stores = try Stores()
        let account = try await stores.addAccount("alice")
        try await stores.database.write { try $0.execute("UPDATE accounts SET password = 'plain'") }
        await #expect { try await stores.accounts.credentials(of: "alice".username) } throws: {
            ($0 as? UnreadablePasswordHash)?.account == account.id
        }
    }
}
