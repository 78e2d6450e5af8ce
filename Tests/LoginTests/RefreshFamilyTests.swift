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
        try present(await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now))
    }

    /// The next token; nil when the use is refused.
    private func renew(_ token: RefreshToken, in sessions: SessionStore? = nil) async throws -> RefreshToken? {
        let renewal = try await (sessions ?? stores.sessions).renew(token, at: clock.now, inspect: { _ in })
        guard case .renewed(_, let next) = renewal else { return nil }
        return next
    }

    private func count(_ sql: String) async throws -> Int {
        try await stores.database.read { try $0.query(sql).count }
    }

    @Test func `fifty uses at once, over two connections to one file, give one successor`() async throws {
        let (_, token) = try await begin()
        var other = stores.sessions
        other = SessionStore(database: try stores.folder.openDatabase(), lifetimeSeconds: 1000, tokenSeconds: 600)
        defer { try? other.database.close() }
        let elsewhere = other
        let successors = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<50 {
                group.addTask { try await renew(token, in: number % 2 == 0 ? nil : elsewhere)?.text }
            }
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(Set(successors).count == 1 && successors.count == 50)
        let successor = try present(successors.first ?? nil)
        #expect(try await count("SELECT hash FROM refresh_tokens") == 2)
        #expect(try await count("SELECT hash FROM refresh_tokens WHERE used_at IS NULL") == 1)
        #expect(try await renew(present(RefreshToken(successor))) != nil)
    }

    @Test func `a use may be repeated for ten seconds, whatever became of its successor; then it ends all`()
        async throws
    {
        let (session, first) = try await begin()
        let second = try present(await renew(first))
        clock.advance(seconds: 9.9)
        #expect(try await renew(first)?.text == second.text)
        #expect(try await renew(second) != nil)
        #expect(try await renew(first)?.text == second.text)
        clock.advance(seconds: 0.1)
        guard case .reused(let id) = try await stores.sessions.renew(first, at: clock.now, inspect: { _ in }) else {
            Issue.record("the token was accepted")
            return
        }
        #expect(id == session.id)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        let page = try await RevocationLog(database: stores.database).page(after: 1, at: clock.now)
        #expect(page.entries.map(\.id) == [session.id.lowercase] && page.entries.map(\.kind) == [.session])
    }

    @Test func `a client in a loop fills no table: of a family the latest tokens are kept`() async throws {
        var sessions = stores.sessions
        sessions.maxFamilyTokens = 3
        let (session, first) = try await begin()
        let (_, other) = try await begin()
        var tokens = [first]
        for _ in 1...6 {
            clock.advance(seconds: 60)
            tokens.append(try present(await renew(tokens[tokens.count - 1], in: sessions)))
            #expect(try await count("SELECT hash FROM refresh_tokens") <= 3 + 1)
        }
        // One that was forgotten is refused, and ends nothing; one that is remembered ends the session.
        #expect(try await renew(first, in: sessions) == nil)
        #expect(try await stores.sessions.find(session.id, at: clock.now) != nil)
        #expect(try await renew(tokens[4], in: sessions) == nil)
        #expect(try await stores.sessions.find(session.id, at: clock.now) == nil)
        #expect(try await renew(other, in: sessions) != nil)
    }

    @Test func `a token that was replayed takes the newest one of its family with it`() async throws {
        let (_, first) = try await begin()
        let second = try present(await renew(first))
        clock.advance(seconds: 60)
        let third = try present(await renew(second))
        #expect(try await renew(first) == nil)
        #expect(try await renew(third) == nil)
    }

    @Test func `the database holds neither tokens nor, after a while, what they are derived from`() async throws {
        let (_, first) = try await begin()
        let second = try present(await renew(first))
        #expect(try await count("SELECT hash FROM refresh_tokens WHERE successor_salt IS NOT NULL") == 1)
        clock.advance(seconds: 10)
        let third = try present(await renew(second))
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
                #expect(content.range(of: Data(try present(Base64.bytes(token.text)))) == nil)
            }
        }
    }

    @Test func `a refused repetition changes nothing`() async throws {
        struct Refusal: Error {}
        let (_, first) = try await begin()
        let second = try present(await renew(first))
        await #expect(throws: Refusal.self) {
            try await stores.sessions.renew(first, at: clock.now) { _ in throw Refusal() }
        }
        #expect(try await renew(first)?.text == second.text)
    }

    @Test func `the absolute end does not move, and no access token outlives it`() async throws {
        try await LoginUnderTest.run(environment: ["REFRESH_TOKEN_TTL": "1000"]) { login in
            let first = try await login.signedUp()
            login.clock.advance(seconds: 900)
            let second = try await login.refresh(first.refreshToken)
            #expect(second.json["expires_in"] as? Int == 100)
            #expect(try segment(1, of: second.accessToken)["exp"] as? Int == 1_780_001_000)
            login.clock.advance(seconds: 100)
            #expect(try await login.refresh(second.refreshToken)["error"] == "invalid_grant")
            #expect(try await login.me(second.accessToken) == 401)
        }
    }

    @Test func `ended and expired sessions of anyone are removed, some with each sign-in`() async throws {
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

    @Test func `who was let in with a password that was changed in between gets no session`() async throws {
        let hash = try PasswordHash(of: "another good password".prepared, cost: .cheap)
        #expect(try await stores.accounts.changePassword(of: account, to: hash, at: clock.now))
        #expect(
            try await stores.sessions.begin(account, scope: .customer, audience: ["orders"], at: clock.now) == nil)
        #expect(try await !stores.accounts.changePassword(of: account, to: hash, at: clock.now))
        let changed = try present(await stores.accounts.find("alice".username))
        try await stores.accounts.delete(account.id, at: clock.now)
        #expect(
            try await stores.sessions.begin(changed, scope: .customer, audience: ["orders"], at: clock.now) == nil)
    }
}

/// base64url, read without our own decoder.
private enum Base64 {
    static func bytes(_ text: String) -> [UInt8]? {
        let base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)).map(Array.init)
    }
}
