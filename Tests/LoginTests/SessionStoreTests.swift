import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct SessionStoreTests {
    private let clock = TestClock()
    private let stores: Stores
    private let account: Account

    init() async throws {
        stores = try Stores()
        account = try await stores.addAccount("alice")
    }

    private func begin(scope: Scope = .customer) async throws -> (Session, RefreshToken) {
        try #require(
            await stores.sessions.begin(account, scope: scope, audience: ["login", "orders"], at: clock.now))
    }

    /// The renewed session and its next refresh token; nil if the token is rejected.
    private func renew(_ token: RefreshToken) async throws -> (Session, RefreshToken)? {
        guard
            case .renewed(let session, _, let next) = try await stores.sessions.renew(token, at: clock.now)
        else { return nil }
        return (session, next)
    }

    @Test func `a session is found as it was begun`() async throws {
        let (session, _) = try await begin()
        #expect(try await stores.sessions.find(session.id, at: clock.now) == session)
        #expect(session.expiresAt == clock.now + 1000)
    }

    @Test(.enabled(if: TestEngine.selected == .sqlite, "This test reads the file of the database"))
    func `only the hash of a refresh token is stored`() async throws {
        let (_, token) = try await begin()
        let row = try await stores.database.read { try $0.queryOne("SELECT hash, used_at FROM refresh_tokens") }
        let hash: [UInt8] = try #require(row)["hash"]
        #expect(hash == token.hash && hash.count == 32)
        #expect(token.text.utf8.count == 43)
        let file = try Data(contentsOf: URL(fileURLWithPath: stores.folder.path + "/service.sqlite-wal"))
        #expect(file.range(of: Data(hash)) != nil)
        #expect(file.range(of: Data(token.text.utf8)) == nil)
    }

    @Test func `each use of a refresh token gives the next one without extending the session`() async throws {
        var (session, token) = try await begin()
        for _ in 1...3 {
            clock.advance(seconds: 300)
            let (renewed, next) = try #require(try await renew(token))
            #expect(renewed.id == session.id && renewed.expiresAt == session.expiresAt)
            #expect(next.text != token.text)
            (session, token) = (renewed, next)
        }
        clock.advance(seconds: 100)
        #expect(try await renew(token) == nil)
    }

    @Test func `a rejection by the caller keeps the refresh token valid`() async throws {
        struct Rejection: Error {}
        let (_, token) = try await begin()
        await #expect(throws: Rejection.self) {
            try await stores.sessions.renew(token, at: clock.now) { _ in throw Rejection() }
        }
        #expect(try await renew(token) != nil)
    }

    @Test func `an unused session expires together with its refresh token`() async throws {
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

    @Test func `a renewal drops revoked scopes and adds no newly granted ones`()
        async throws
    {
        let (_, token) = try await begin()
        _ = try await stores.accounts.revoke(Scope(names: ["orders:write"]), from: "alice".username)
        _ = try await stores.accounts.grant(.staff, to: "alice".username)
        #expect(try await renew(token)?.0.scope.text == "orders:read inbox:read")
    }

    @Test func `expired sessions are deleted at the next sign-in`() async throws {
        _ = try await begin()
        clock.advance(seconds: 1001)
        _ = try await begin()
        let counts = try await stores.database.read { connection in
            try ["sessions", "refresh_tokens"].map { try connection.query("SELECT 1 AS one FROM \($0)").count }
        }
        #expect(counts == [1, 1])
    }

    @Test(arguments: ["", "x", "é", String(repeating: "A", count: 42), String(repeating: "A", count: 44), "A=B+C/D"])
    func `a malformed text is not parsed as a refresh token`(text: String) {
        #expect(RefreshToken(text) == nil)
    }
}
