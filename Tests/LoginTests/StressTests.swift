import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import LoginService

/// Thirty-two clients at two replicas, which change the same rows at once. After each flow, nothing that was acknowledged
/// is undone.
@Suite(.timeLimit(.minutes(1))) struct StressTests {
    private static let clientCount = 32

    private let replicas: [Stores]
    private var stores: Stores { replicas[0] }
    private let now = TestClock().now

    init() async throws {
        let folder = try TemporaryFolder()
        replicas = try (0..<2).map { _ in try Stores(in: folder) }
    }

    /// Runs `body` for all clients at once, by turns at the two replicas.
    private func atOnce<Result: Sendable>(
        _ body: @escaping @Sendable (_ client: Int, Stores) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            for client in 0..<Self.clientCount {
                group.addTask { try await body(client, replicas[client % replicas.count]) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Begins sessions of an account one after the other.
    private func begin(_ count: Int, of account: Account) async throws -> [(session: Session, token: RefreshToken)] {
        var begun: [(Session, RefreshToken)] = []
        for _ in 0..<count {
            begun.append(
                try #require(await stores.sessions.begin(account, scope: .customer, audience: ["login"], at: now)))
        }
        return begun
    }

    /// An access token that was issued in a flow.
    private struct IssuedToken: Sendable {
        let session: Session
        let issuedAt: Date
        var expiresAt: Date {
            min(issuedAt + TimeInterval(StressTests.accessTokenSeconds), session.expiresAt)
        }
    }

    private static let accessTokenSeconds = 600

    /// Whether services that read the whole feed reject a token until it expires.
    private func rejects(_ token: IssuedToken, _ entries: [Revocation]) -> Bool {
        entries.contains { entry in
            guard entry.expiresAt >= Revocation.expiry(ofTokensUntil: token.expiresAt) else { return false }
            switch entry.kind {
            case .session: return entry.id == token.session.id.lowercase
            case .account:
                let isCovered = entry.before.map { NumericDate(token.issuedAt) < $0 } ?? false
                return entry.id == token.session.accountID.lowercase && isCovered
            default: return false
            }
        }
    }

    private func entries() async throws -> [Revocation] {
        try await stores.revocations.page(after: 0, at: now).entries
    }

    /// Checks that sessions are over and that services reject their access tokens.
    private func expectOver(_ tokens: [IssuedToken]) async throws {
        let entries = try await entries()
        for token in tokens {
            #expect(try await stores.sessions.find(token.session.id, at: now + 100) == nil)
            #expect(rejects(token, entries))
        }
    }

    @Test func `no session that begins with a password survives its change`() async throws {
        let hashes = try (0..<2).map {
            try PasswordHash(of: "another uncommon password \($0)".prepared, cost: .cheap)
        }
        _ = try await stores.addAccount("alice")
        for round in 0..<4 {
            let account = try #require(await stores.accounts.find("alice".username))
            let sessions = try await atOnce { client, stores in
                guard client != 7 * round else {
                    let isChanged = try await stores.accounts.changePassword(
                        of: account, to: hashes[round % 2], at: now)
                    #expect(isChanged)
                    return Session?.none
                }
                return try await stores.sessions.begin(account, scope: .customer, audience: ["login"], at: now)?.0
            }
            try await expectOver(sessions.compactMap(\.self).map { IssuedToken(session: $0, issuedAt: now) })
        }
    }

    @Test func `no token that a renewal issues outlives the logout of its session`() async throws {
        let account = try await stores.addAccount("alice")
        for (session, token) in try await begin(4, of: account) {
            let issued = try await atOnce { client, stores in
                let date = now + TimeInterval(client)
                guard client % 8 != 5 else {
                    try await stores.sessions.end(session.id, at: date)
                    return IssuedToken?.none
                }
                guard case .renewed(let session, _, _) = try await stores.sessions.renew(token, at: date) else {
                    return nil
                }
                return IssuedToken(session: session, issuedAt: date)
            }
            try await expectOver([IssuedToken(session: session, issuedAt: now)] + issued.compactMap(\.self))
        }
    }

    @Test func `a refresh token that all clients use at once has one successor, also after ten generations`()
        async throws
    {
        let account = try await stores.addAccount("alice")
        let (session, first) = try #require(try await begin(1, of: account).first)
        var token = first
        for _ in 0..<10 {
            let used = token
            let successors = try await atOnce { _, stores in
                guard case .renewed(_, _, let next) = try await stores.sessions.renew(used, at: now) else {
                    return RefreshToken?.none
                }
                return next
            }
            #expect(Set(successors.map { $0?.text }).count == 1)
            token = try #require(successors.compactMap(\.self).first)
        }
        let count: Int? = try await stores.database.read { connection in
            try connection.queryOne(
                "SELECT count(*) AS count FROM refresh_tokens WHERE session_id = $1", session.id)?["count"]
        }
        #expect(count == 11)
    }

    @Test func `the reuse of a refresh token revokes its family, whatever renewals do at the same time`() async throws {
        let account = try await stores.addAccount("alice")
        for (session, stolen) in try await begin(4, of: account) {
            guard case .renewed(_, _, let current) = try await stores.sessions.renew(stolen, at: now) else {
                Issue.record("The first renewal failed")
                return
            }
            let later = now + SessionStore.repetitionSeconds
            let results = try await atOnce { client, stores in
                try await stores.sessions.renew(client % 4 == 0 ? stolen : current, at: later)
            }
            var issued = [IssuedToken(session: session, issuedAt: now)]
            for case .renewed(let session, _, let next) in results {
                issued.append(IssuedToken(session: session, issuedAt: later))
                guard case .renewed = try await stores.sessions.renew(next, at: later) else { continue }
                Issue.record("The family survived the reuse")
            }
            try await expectOver(issued)
        }
    }

    @Test func `no session that is renewed survives the end of all sessions of its account`() async throws {
        let account = try await stores.addAccount("alice")
        let begun = try await begin(Self.clientCount - 2, of: account)
        let issued = try await atOnce { client, stores in
            let date = now + TimeInterval(client)
            guard client < begun.count else {
                try await stores.sessions.endAll(of: account.id, at: date)
                return IssuedToken?.none
            }
            guard case .renewed(let session, _, _) = try await stores.sessions.renew(begun[client].token, at: date)
            else { return nil }
            return IssuedToken(session: session, issuedAt: date)
        }
        let all = begun.map { IssuedToken(session: $0.session, issuedAt: now) } + issued.compactMap(\.self)
        try await expectOver(all)
    }

    @Test func `a reader of the feed misses no revocation while both replicas write and restart`() async throws {
        let account = try await stores.addAccount("alice")
        let begun = try await begin(20, of: account)
        let isDone = Flag()
        let reading = Task {
            var (seen, epochs, seq, epoch) = (Set<String>(), Set<String>(), Int64(0), String?.none)
            for number in 0... {
                // The last page is read after the last commit.
                let isLast = isDone.isSet
                let page = try await replicas[number % 2].revocations.page(after: seq, at: now)
                guard page.epoch == epoch || epoch == nil else {
                    (seq, epoch) = (0, nil)
                    continue
                }
                #expect(page.seq >= seq && !(page.isReset && seq > 0))
                seen.formUnion(page.entries.map(\.id))
                (seq, epoch) = (page.seq, page.epoch)
                epochs.insert(page.epoch ?? "")
                if isLast { break }
            }
            return (seen, epochs)
        }
        _ = try await atOnce { client, stores in
            if client < begun.count {
                try await stores.sessions.end(begun[client].session.id, at: now)
            } else {
                try await RevocationLog(database: stores.database).beginEpoch()
            }
        }
        isDone.set()
        let (seen, epochs) = try await reading.value
        #expect(seen == Set(begun.map { $0.session.id.lowercase }))
        // A restart on PostgreSQL changes nothing for the readers.
        if TestEngine.selected == .postgresql { #expect(epochs.count == 1) }
    }

    @Test func `sign-ins, renewals and the deletion of their account end without an error and leave nothing`()
        async throws
    {
        let account = try await stores.addAccount("alice")
        let begun = try await begin(Self.clientCount, of: account)
        _ = try await atOnce { client, stores in
            let clients = KnownClientStore(database: stores.database)
            switch client % 8 {
            case 0: try await stores.accounts.delete(account.id, at: now)
            case 1: try await clients.recordSuccess(of: account.id, from: [.network("192.0.2.1")], at: now)
            case 2: _ = try await clients.renewCookie(DeviceCookie(), of: account.id, at: now)
            case 3: _ = try await stores.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
            case 4: try await stores.sessions.revoke(token: "t\(client)", session: begun[client].session.id, at: now)
            default: _ = try await stores.sessions.renew(begun[client].token, at: now)
            }
        }
        for table in ["accounts", "sessions", "refresh_tokens", "known_clients"] {
            #expect(try await stores.database.read { try $0.queryOne("SELECT * FROM \(table)") } == nil)
        }
        try await expectOver(begun.map { IssuedToken(session: $0.session, issuedAt: now) })
    }

    @Test func `the revoked register tokens of one WeChat user never exceed their limit`() async throws {
        let user = WeChatUser(openID: "a")
        let isRevoked = try await atOnce { client, stores in
            let bindings = WeChatBindingStore(
                database: stores.database, sessions: stores.sessions, accounts: stores.accounts,
                revocations: stores.revocations)
            return try await bindings.revoke(
                RegisterToken(user: user, id: "t\(client / 2)", expiresAt: now + 300), at: now)
        }
        #expect(isRevoked.contains(false))
        let ids = try await entries().map(\.id)
        #expect(ids.count == WeChatBindingStore.maximumRevokedTokens)
        #expect(Set(ids).count == ids.count)
    }
}

/// A value that becomes true once.
private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() { value.withLock { $0 = true } }
}
