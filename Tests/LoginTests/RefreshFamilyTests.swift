import Database
import Foundation
import HummingbirdTesting
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct RefreshFamilyTests {
    private let clock = TestClock()
    private let stores: Stores
    private let account: Account

    init() async throws {
        stores = try Stores()
        account = try await stores.addAccount("alice")
    }

    private func begin() async throws -> (Session, RefreshToken) {
        try #require(await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now))
    }

    /// The next refresh token; nil if this one is rejected.
    private func renew(_ token: RefreshToken, in sessions: SessionStore? = nil) async throws -> RefreshToken? {
        let renewal = try await (sessions ?? stores.sessions).renew(token, at: clock.now)
        guard case .renewed(_, _, let next) = renewal else { return nil }
        return next
    }

    private func count(_ sql: String) async throws -> Int {
        try await stores.database.read { try $0.query(sql).count }
    }

    @Test func `fifty concurrent uses over two connections to one file give one successor`() async throws {
        let (_, token) = try await begin()
        let elsewhere = try Stores(in: stores.folder).sessions
        defer { try? elsewhere.database.close() }
        let successors = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<50 {
                group.addTask { try await renew(token, in: number % 2 == 0 ? nil : elsewhere)?.text }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(Set(successors).count == 1 && successors.count == 50)
        let successor = try #require(successors.first ?? nil)
        #expect(try await count("SELECT hash FROM refresh_tokens") == 2)
        #expect(try await count("SELECT hash FROM refresh_tokens WHERE used_at IS NULL") == 1)
        #expect(try await renew(#require(RefreshToken(successor))) != nil)
    }

    @Test func `a refresh token may be reused for ten seconds, and reuse after that ends its session`()
        async throws
    {
        let (session, first) = try await begin()
        let second = try #require(await renew(first))
        clock.advance(seconds: 9.9)
        #expect(try await renew(first)?.text == second.text)
        #expect(try await renew(second) != nil)
        #expect(try await renew(first)?.text == second.text)
        clock.advance(seconds: 0.1)
        guard case .reused(let id) = try await stores.sessions.renew(first, at: clock.now) else {
            Issue.record("the token was accepted")
            return
        }
        #expect(id == session.id)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        let page = try await stores.revocations.page(after: 1, at: clock.now)
        #expect(page.entries.map(\.id) == [session.id.lowercase] && page.entries.map(\.kind) == [.session])
    }

    @Test func `a family keeps only its latest refresh tokens`() async throws {
        var sessions = stores.sessions
        sessions.maximumFamilyTokens = 3
        let (session, first) = try await begin()
        let (_, other) = try await begin()
        var tokens = [first]
        for _ in 1...6 {
            clock.advance(seconds: 60)
            tokens.append(try #require(await renew(tokens[tokens.count - 1], in: sessions)))
            #expect(try await count("SELECT hash FROM refresh_tokens") <= 3 + 1)
        }
        // A deleted token is rejected without effect; a used token that is still stored ends the session.
        #expect(try await renew(first, in: sessions) == nil)
        #expect(try await stores.sessions.find(session.id, at: clock.now) != nil)
        #expect(try await renew(tokens[4], in: sessions) == nil)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        #expect(try await renew(other, in: sessions) != nil)
    }

    @Test func `a replayed refresh token revokes the newest one of its family`() async throws {
        let (_, first) = try await begin()
        let second = try #require(await renew(first))
        clock.advance(seconds: 60)
        let third = try #require(await renew(second))
        #expect(try await renew(first) == nil)
        #expect(try await renew(third) == nil)
    }

    @Test(.enabled(if: TestEngine.selected == .sqlite, "This test reads the file of the database"))
    func `the database stores no refresh tokens and erases old successor salts`() async throws {
        let (_, first) = try await begin()
        let second = try #require(await renew(first))
        #expect(try await count("SELECT hash FROM refresh_tokens WHERE successor_salt IS NOT NULL") == 1)
        clock.advance(seconds: 10)
        let third = try #require(await renew(second))
        let salted = try await stores.database.read {
            try $0.query("SELECT hash, successor_salt FROM refresh_tokens WHERE successor_salt IS NOT NULL")
        }
        let (hashes, salts): ([[UInt8]], [[UInt8]]) = (
            try salted.map { try $0["hash"] }, try salted.map { try $0["successor_salt"] }
        )
        #expect(hashes == [second.hash])
        #expect(first.successor(salt: salts[0]).text != second.text)
        #expect(second.successor(salt: salts[0]).text == third.text)
        for token in [first, second, third] {
            for file in ["service.sqlite", "service.sqlite-wal"] {
                let content = try Data(contentsOf: URL(fileURLWithPath: "\(stores.folder.path)/\(file)"))
                #expect(content.range(of: Data(token.text.utf8)) == nil)
                #expect(content.range(of: try #require(Data(base64URL: token.text))) == nil)
            }
        }
    }

    @Test func `a repetition that the caller rejects changes nothing`() async throws {
        struct Rejection: Error {}
        let (_, first) = try await begin()
        let second = try #require(await renew(first))
        await #expect(throws: Rejection.self) {
            try await stores.sessions.renew(first, at: clock.now) { _ in throw Rejection() }
        }
        #expect(try await renew(first)?.text == second.text)
    }

    @Test func `a refresh does not extend the session, and no access token outlives it`() async throws {
        try await LoginUnderTest.run(environment: ["REFRESH_TOKEN_TTL": "1000"]) { login in
            let first = try await login.signedUp()
            login.clock.advance(seconds: 900)
            let second = try await login.refresh(first.refreshToken)
            #expect(second.expiresIn == 100)
            #expect(try payload(of: second.accessToken)["exp"] as? Int == 1_780_001_000)
            login.clock.advance(seconds: 100)
            #expect(try await login.refresh(second.refreshToken)["error"] == "invalid_grant")
            #expect(try await login.me(second.accessToken) == 401)
        }
    }

    @Test func `each sign-in deletes some ended or expired sessions of all accounts`() async throws {
        for _ in 1...3 { try await stores.sessions.end(begin().0.id, at: clock.now) }
        let (session, _) = try await begin()
        #expect(try await count("SELECT id FROM sessions") == 1)
        clock.advance(seconds: 1000)
        let bob = try await stores.addAccount("bob")
        _ = try await stores.sessions.begin(bob, scope: .customer, audience: ["orders"], at: clock.now)
        #expect(try await count("SELECT id FROM sessions") == 1)
        #expect(try await count("SELECT hash FROM refresh_tokens") == 1)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
    }

    @Test func `a password change during a sign-in prevents its session`() async throws {
        let hash = try PasswordHash(of: "another good password".prepared, cost: .cheap)
        #expect(try await stores.accounts.changePassword(of: account, to: hash, at: clock.now))
        #expect(
            try await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now) == nil)
        #expect(try await !stores.accounts.changePassword(of: account, to: hash, at: clock.now))
        let changed = try #require(await stores.accounts.find("alice".username))
        try await stores.accounts.delete(account.id, at: clock.now)
        #expect(
            try await stores.sessions.begin(changed, scope: .customer, audience: ["orders"], at: clock.now) == nil)
    }
}
