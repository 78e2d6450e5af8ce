import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// The number of revocations that one account can cause while tokens live for a week.
@Suite struct RevocationBudgetTests {
    private static let tokenSeconds = 604_800

    private let clock = TestClock()
    private let stores: Stores
    private let account: Account

    private var log: RevocationLog { stores.revocations }
    private var sessions: SessionStore { stores.sessions }

    init() async throws {
        stores = try Stores(
            lifetimes: SessionLifetimes(
                sessionSeconds: 2 * Self.tokenSeconds, accessTokenSeconds: Self.tokenSeconds))
        account = try await stores.addAccount("alice")
    }

    private func begin(_ account: Account? = nil) async throws -> (Session, RefreshToken) {
        try #require(
            await sessions.begin(account ?? self.account, scope: .customer, audience: ["orders"], at: clock.now))
    }

    /// Signs in and out once a second, and returns the sessions.
    private func signInAndOut(times: Int) async throws -> [Session] {
        try await stores.database.write { connection in
            try (0..<times).map { _ in
                clock.advance(seconds: 1)
                let session = sessions.newSession(
                    of: account, scope: .customer, audience: ["orders"], from: .unknown, at: clock.now)
                #expect(try sessions.insert(session, passwordVersion: 0, at: clock.now, in: connection))
                try sessions.end(session.id, at: clock.now, in: connection)
                return session
            }
        }
    }

    private func entries() async throws -> [Revocation] {
        try await log.page(after: 0, at: clock.now).entries
    }

    /// Whether the entries reject a token of the session, issued at that time, until it expires.
    private func rejects(_ entries: [Revocation], _ session: Session, issuedAt: Date) -> Bool {
        entries.contains { entry in
            let isAbout =
                switch entry.kind {
                case .session: entry.id == session.id.lowercase
                case .account:
                    entry.id == session.accountID.lowercase
                        && entry.before.map { NumericDate(issuedAt) < $0 } ?? false
                case .token, .client: false
                }
            return isAbout && entry.expiresAt >= NumericDate(issuedAt) + Int64(Self.tokenSeconds)
        }
    }

    @Test func `signing in and out in a loop adds a limited number of revocations`() async throws {
        let budget = SessionStore.maximumRevocationsOfAccount
        var ended = try await signInAndOut(times: budget)
        var page = try await log.page(after: 0, at: clock.now)
        var known = Set(page.entries.map(\.id))
        for _ in 1...50 {
            ended += try await signInAndOut(times: 1)
            page = try await log.page(after: page.seq, at: clock.now)
            #expect(page.entries.count == 1)
            known.formUnion(page.entries.map(\.id))
        }
        let entries = try await entries()
        #expect(known.count == budget + 1 && entries.count == budget + 1)
        #expect(ended.allSatisfy { rejects(entries, $0, issuedAt: $0.createdAt) })
    }

    @Test func `an active session only needs a new access token after a revocation of its account`() async throws {
        let ((mine, token), other) = (try await begin(), try await stores.addAccount("bob"))
        let (theirs, _) = try await begin(other)
        _ = try await signInAndOut(times: SessionStore.maximumRevocationsOfAccount)
        #expect(try await !rejects(entries(), mine, issuedAt: mine.createdAt))
        let last = try #require(await signInAndOut(times: 1).last)
        #expect(try await rejects(entries(), mine, issuedAt: mine.createdAt))
        #expect(try await !rejects(entries(), theirs, issuedAt: theirs.createdAt))
        clock.advance(seconds: 1)
        guard case .renewed = try await sessions.renew(token, at: clock.now) else {
            Issue.record("the session was ended")
            return
        }
        #expect(try await !rejects(entries(), mine, issuedAt: clock.now))
        #expect(try await rejects(entries(), last, issuedAt: last.createdAt))
    }

    @Test func `a revocation of the account covers the tokens of the ended session and no later ones`() async throws {
        _ = try await signInAndOut(times: SessionStore.maximumRevocationsOfAccount)
        let (old, token) = try await begin()
        clock.advance(seconds: 10)
        _ = try await sessions.renew(token, at: clock.now)
        let renewedAt = clock.now
        clock.advance(seconds: 10)
        let (new, _) = try await begin()
        clock.advance(seconds: 10)
        try await sessions.end(old.id, at: clock.now)
        #expect(try await rejects(entries(), old, issuedAt: renewedAt))
        #expect(try await !rejects(entries(), new, issuedAt: new.createdAt))
    }

    @Test func `individually revoked tokens count towards the limit, and then the session ends`() async throws {
        _ = try await signInAndOut(times: SessionStore.maximumRevocationsOfAccount - 1)
        let (session, _) = try await begin()
        for (token, isOver) in [("t", false), ("u", true)] {
            try await sessions.revoke(token: token, session: session.id, at: clock.now)
            #expect(try await (sessions.find(session.id, at: clock.now) == nil) == isOver)
        }
        #expect(try await rejects(entries(), session, issuedAt: session.createdAt))
    }

    @Test func `each sign-in adds one revocation after the tokens of an hour are used up`() async throws {
        var added: [Int] = []
        for _ in 1...12 {
            let (session, _) = try await begin()
            let before = try await entries().count
            for token in 0...SessionStore.maximumRevokedTokens {
                try await sessions.revoke(token: "\(session.id) \(token)", session: session.id, at: clock.now)
            }
            #expect(try await sessions.find(session.id, at: clock.now) == nil)
            added.append(try await entries().count - before)
        }
        #expect(added == Array(repeating: 11, count: 6) + Array(repeating: 1, count: 6))
        clock.advance(seconds: 3600)
        let (session, _) = try await begin()
        try await sessions.revoke(token: "later", session: session.id, at: clock.now)
        #expect(try await sessions.find(session.id, at: clock.now) != nil)
    }

    @Test func `a session is revoked individually again after the earlier entries have expired`() async throws {
        _ = try await signInAndOut(times: SessionStore.maximumRevocationsOfAccount + 1)
        clock.advance(seconds: Double(Self.tokenSeconds + Int(WallClock.maximumErrorSeconds) + 300))
        let session = try #require(await signInAndOut(times: 1).last)
        #expect(try await entries().map(\.id) == [session.id.lowercase])
    }

    @Test func `two revocations of an account are merged into one that covers both`() async throws {
        try await stores.database.write { connection in
            for (before, lifetime) in [(100, 900), (50, 1200), (70, 300)] as [(NumericDate, Int64)] {
                let entry = Revocation(
                    kind: .account, id: "a", before: before, expiresAt: NumericDate(clock.now) + lifetime)
                try stores.revocations.append(entry, at: clock.now, in: connection)
            }
        }
        let entry = Revocation(kind: .account, id: "a", before: 100, expiresAt: NumericDate(clock.now) + 1200)
        let page = try await log.page(after: 0, at: clock.now)
        #expect(page.entries == [entry] && page.seq == 4)
    }

    @Test func `renewals that are processed out of order leave no token valid`() async throws {
        let (session, token) = try await begin()
        let start = clock.now
        for seconds in [5.0, 2.0] {
            _ = try await sessions.renew(token, at: start + seconds)
        }
        _ = try await stores.accounts.setDisabled(true, "alice".username, at: start + 3)
        #expect(try await rejects(entries(), session, issuedAt: start + 5))
    }
}
