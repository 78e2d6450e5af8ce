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
        let (id, password): (UUID, String) = (try present(row)["id"], try present(row)["password"])
        #expect(id == account.id)
        #expect(password.hasPrefix("$scrypt$ln=4,r=8,p=1$") && !password.contains(goodPassword))
        #expect(try present(row)["created_at"] == clock.now.milliseconds)
        #expect(try await stores.accounts.find("alice".username) == account)
        #expect(account.scope.text == "orders:read orders:write inbox:read")
    }

    @Test func `a name is taken once`() async throws {
        let stores = try Stores()
        let first = try await stores.addAccount("alice")
        let hash = try PasswordHash(of: "another password".prepared, cost: .cheap)
        #expect(try await stores.accounts.create("alice".username, password: hash, scope: .staff, at: clock.now) == nil)
        #expect(try await stores.accounts.list() == [first])
    }

    @Test func `grants are added once, kept in order, and taken away`() async throws {
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

    @Test func `grants that would make tokens too long change nothing`() async throws {
        let stores = try Stores()
        let before = try await stores.addAccount("alice")
        let long = Scope(names: [String(repeating: "x", count: AccountStore.maxScopeBytes)])
        guard case .tooMuch = try await stores.accounts.grant(long, to: "alice".username) else {
            Issue.record("the grant was accepted")
            return
        }
        #expect(try await stores.accounts.find("alice".username) == before)
    }

    @Test func `what is done to an account that does not exist is nil`() async throws {
        let stores = try Stores()
        let (accounts, nobody) = (stores.accounts, try "nobody".username)
        let granted = try await accounts.grant(.staff, to: nobody)
        let revoked = try await accounts.revoke(.staff, from: nobody)
        let disabled = try await accounts.setDisabled(true, nobody, at: clock.now)
        let credentials = try await accounts.credentials(of: nobody)
        #expect(granted == nil && revoked == nil && disabled == nil && credentials?.account == nil)
    }

    @Test func `disabling ends the sessions; enabling does not bring them back`() async throws {
        let stores = try Stores()
        let account = try await stores.addAccount("alice")
        let (session, token) = try present(
            await stores.sessions.begin(account, scope: .customer, audience: ["x"], at: clock.now))
        _ = try await stores.accounts.setDisabled(true, "alice".username, at: clock.now)
        #expect(try await stores.accounts.find("alice".username)?.isDisabled == true)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        let row = try await stores.database.read { try $0.queryOne("SELECT ended_at FROM sessions") }
        #expect(try present(row)["ended_at"] == clock.now.milliseconds)
        _ = try await stores.accounts.setDisabled(false, "alice".username, at: clock.now)
        #expect(try await stores.accounts.find("alice".username)?.isDisabled == false)
        guard case .unknown = try await stores.sessions.renew(token, at: clock.now, inspect: { _ in }) else {
            Issue.record("the session goes on")
            return
        }
    }

    @Test func `a damaged hash is an error that names the account, not a wrong password`() async throws {
        let stores = try Stores()
        let account = try await stores.addAccount("alice")
        try await stores.database.write { try $0.execute("UPDATE accounts SET password = 'plain'") }
        await #expect { try await stores.accounts.credentials(of: "alice".username) } throws: {
            ($0 as? AccountStore.DamagedHash)?.account == account.id
        }
    }
}

@Suite struct SessionStoreTests {
    private let clock = TestClock()
    private let stores: Stores
    private let account: Account

    init() async throws {
        stores = try Stores(sessionLifetimeSeconds: 1000)
        account = try await stores.addAccount("alice")
    }

    private func begin(scope: Scope = .customer) async throws -> (Session, RefreshToken) {
        try present(
            await stores.sessions.begin(account, scope: scope, audience: ["login", "orders"], at: clock.now))
    }

    /// The session that a token goes on with, and its next token; nil when it is refused.
    private func renew(_ token: RefreshToken) async throws -> (Session, RefreshToken)? {
        guard
            case .renewed(let session, let next) = try await stores.sessions.renew(
                token, at: clock.now, inspect: { _ in })
        else { return nil }
        return (session, next)
    }

    @Test func `a session is found as it was begun`() async throws {
        let (session, _) = try await begin()
        #expect(try await stores.sessions.find(session.id, at: clock.now) == session)
        #expect(session.expiresAt == clock.now + 1000)
    }

    @Test func `only the hash of a refresh token is stored`() async throws {
        let (_, token) = try await begin()
        let row = try await stores.database.read { try $0.queryOne("SELECT hash, used_at FROM refresh_tokens") }
        let hash: [UInt8] = try present(row)["hash"]
        #expect(hash == token.hash && hash.count == 32)
        #expect(token.text.utf8.count == 43)
        let file = try Data(contentsOf: URL(fileURLWithPath: stores.folder.path + "/service.sqlite-wal"))
        #expect(file.range(of: Data(hash)) != nil)
        #expect(file.range(of: Data(token.text.utf8)) == nil)
    }

    @Test func `each use of a refresh token gives the next one, and never puts off the end`() async throws {
        var (session, token) = try await begin()
        for _ in 1...3 {
            clock.advance(seconds: 300)
            let (renewed, next) = try present(try await renew(token))
            #expect(renewed.id == session.id && renewed.expiresAt == session.expiresAt)
            #expect(next.text != token.text)
            (session, token) = (renewed, next)
        }
        clock.advance(seconds: 100)
        #expect(try await renew(token) == nil)
    }

    @Test func `a refusal by the caller leaves the refresh token good`() async throws {
        struct Refusal: Error {}
        let (_, token) = try await begin()
        await #expect(throws: Refusal.self) {
            try await stores.sessions.renew(token, at: clock.now) { _ in throw Refusal() }
        }
        #expect(try await renew(token) != nil)
    }

    @Test func `a session ends when it is not used, and its token with it`() async throws {
        let (session, token) = try await begin()
        clock.advance(seconds: 1000)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        #expect(try await renew(token) == nil)
    }

    @Test func `an ended session stays ended`() async throws {
        let (session, token) = try await begin()
        let (other, _) = try await begin()
        try await stores.sessions.end(session.id, at: clock.now)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        #expect(try await renew(token) == nil)
        #expect(try await stores.sessions.find(other.id, at: clock.now) == other)
        try await stores.sessions.endAll(of: account.id, at: clock.now)
        #expect(try await stores.sessions.find(other.id, at: clock.now) == nil)
    }

    @Test func `a scope that was taken away is gone at the next renewal; one that was granted is not added`()
        async throws
    {
        let (_, token) = try await begin()
        _ = try await stores.accounts.revoke(Scope(names: ["orders:write"]), from: "alice".username)
        _ = try await stores.accounts.grant(.staff, to: "alice".username)
        #expect(try await renew(token)?.0.scope.text == "orders:read inbox:read")
    }

    @Test func `sessions that are over are forgotten at the next sign-in`() async throws {
        _ = try await begin()
        clock.advance(seconds: 1001)
        _ = try await begin()
        let counts = try await stores.database.read { connection in
            try ["sessions", "refresh_tokens"].map { try connection.query("SELECT 1 AS one FROM \($0)").count }
        }
        #expect(counts == [1, 1])
    }

    @Test(arguments: ["", "x", "é", String(repeating: "A", count: 42), String(repeating: "A", count: 44), "A=B+C/D"])
    func `other texts are no refresh tokens`(text: String) {
        #expect(RefreshToken(text) == nil)
    }
}
