import Database
import Foundation
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

/// Transactions of several processes that meet at a critical point. SQLite runs writes one after the other, so these tests
/// need PostgreSQL.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct ConcurrentTransactionTests {
    private let folder: TemporaryFolder
    private let transactions: PausedTransactions
    /// The stores of the process whose transactions wait.
    private let paused: Stores
    /// The stores of another process.
    private let other: Stores
    private let account: Account
    private let now = TestClock().now

    init() async throws {
        folder = try TemporaryFolder()
        transactions = try PausedTransactions(in: folder, migrations: Schema.migrations)
        paused = try Stores(in: folder, database: transactions.paused)
        other = try Stores(in: folder, database: transactions.other)
        account = try await other.addAccount("alice")
    }

    private func begin() async throws -> (Session, RefreshToken) {
        try #require(await other.sessions.begin(account, scope: .customer, audience: ["login"], at: now))
    }

    private func newHash() throws -> PasswordHash {
        try PasswordHash(of: "another uncommon password".prepared, cost: .cheap)
    }

    /// The entries of the feed.
    private func revocations() async throws -> [Revocation] {
        try await other.revocations.page(after: 0, at: now).entries
    }

    // MARK: - Sign-in

    @Test func `a password change during a sign-in ends the session of the sign-in`() async throws {
        let hash = try newHash()
        let (begun, isChanged) = try await transactions.run(pausingAt: "INSERT ON sessions") {
            try await paused.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
        } meanwhile: {
            try await other.accounts.changePassword(of: account, to: hash, at: now)
        }
        #expect(isChanged)
        let (session, token) = try #require(begun)
        #expect(try await other.sessions.find(session.id, at: now) == nil)
        guard case .unknown = try await other.sessions.renew(token, at: now) else {
            Issue.record("The session survived the change of the password")
            return
        }
        #expect(try await revocations().map(\.id) == [session.id.lowercase])
    }

    @Test func `a sign-in that waits for a password change begins no session`() async throws {
        let hash = try newHash()
        let (isChanged, begun) = try await transactions.run(pausingAt: "DELETE ON api_tokens") {
            try await paused.accounts.changePassword(of: account, to: hash, at: now)
        } meanwhile: {
            try await other.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
        }
        #expect(isChanged)
        #expect(begun == nil)
    }

    @Test func `the deletion of an account during a sign-in leaves no session`() async throws {
        let (begun, _) = try await transactions.run(pausingAt: "INSERT ON sessions") {
            try await paused.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
        } meanwhile: {
            try await other.accounts.delete(account.id, at: now)
        }
        let (session, _) = try #require(begun)
        #expect(try await other.sessions.find(session.id, at: now) == nil)
        #expect(try await revocations().map(\.id) == [account.id.lowercase])
    }

    // MARK: - Renewal

    @Test func `a session that ends during its renewal issues no token afterwards`() async throws {
        let (session, token) = try await begin()
        let (result, _) = try await transactions.run(pausingAt: "UPDATE ON sessions") {
            try await paused.sessions.renew(token, at: now + 10)
        } meanwhile: {
            try await other.sessions.end(session.id, at: now + 10)
        }
        guard case .unknown = result else {
            Issue.record("The session was renewed after its end")
            return
        }
        #expect(try await other.sessions.find(session.id, at: now + 10) == nil)
    }

    @Test func `a revocation covers the token of a renewal that commits while the account is being disabled`()
        async throws
    {
        let (_, token) = try await begin()
        let (result, disabled) = try await transactions.run(pausingAt: "INSERT ON refresh_tokens") {
            try await paused.sessions.renew(token, at: now + 100)
        } meanwhile: {
            try await other.accounts.setDisabled(true, "alice".username, at: now + 100)
        }
        guard case .renewed = result else {
            Issue.record("The renewal failed")
            return
        }
        #expect(disabled?.isDisabled == true)
        let entries = try await revocations()
        #expect(entries.map(\.id) == [account.id.lowercase])
        // The token that was renewed 100 seconds after the beginning lives for 600 seconds.
        #expect(try #require(entries.first).expiresAt >= Revocation.expiry(ofTokensUntil: now + 700))
    }

    @Test func `a refresh token that 32 requests use at once has one successor`() async throws {
        let (session, token) = try await begin()
        let successors = try await withThrowingTaskGroup(of: String?.self) { group in
            for index in 0..<32 {
                group.addTask {
                    let stores = index.isMultiple(of: 2) ? paused : other
                    guard case .renewed(_, _, let next) = try await stores.sessions.renew(token, at: now) else {
                        return nil
                    }
                    return next.text
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(successors.count == 1 && successors.first != .some(nil))
        let rows = try await other.database.read {
            try $0.query("SELECT hash FROM refresh_tokens WHERE session_id = $1", session.id)
        }
        #expect(rows.count == 2)
    }

    // MARK: - The revocation log

    @Test func `sessions that end, begin and renew at once end in a feed without gaps or errors`() async throws {
        var sessions: [(Session, RefreshToken)] = []
        for _ in 0..<12 { sessions.append(try await begin()) }
        let begun = sessions
        // Expired entries, which each new entry removes.
        try await other.database.write { connection in
            for number in 0..<300 {
                try connection.execute(
                    "INSERT INTO revocations (seq, kind, subject, expires_at) VALUES ($1, 'token', 'x', 0)", -number - 1
                )
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (session, token)) in begun.enumerated() {
                let stores = index.isMultiple(of: 2) ? paused : other
                group.addTask { _ = try await stores.sessions.renew(token, at: now + 1) }
                group.addTask { try await stores.sessions.end(session.id, at: now + 1) }
                group.addTask { try await stores.sessions.endAll(of: account.id, at: now + 1) }
                group.addTask {
                    _ = try await stores.sessions.begin(account, scope: .customer, audience: ["login"], at: now)
                }
            }
            try await group.waitForAll()
        }
        for (session, _) in begun { #expect(try await other.sessions.find(session.id, at: now + 1) == nil) }
        let numbers: [Int] = try await other.database.read {
            try $0.query("SELECT seq FROM revocations WHERE seq > 0 ORDER BY seq").map { try $0["seq"] }
        }
        #expect(numbers == Array(2..<2 + numbers.count))
        let ids = Set(try await revocations().map(\.id))
        #expect(ids.isSuperset(of: begun.map(\.0.id.lowercase)))
    }

    @Test func `two revocations of one token add one entry`() async throws {
        let (session, _) = try await begin()
        _ = try await transactions.run(pausingAt: "INSERT ON revocations") {
            try await paused.sessions.revoke(token: "t", session: session.id, at: now)
        } meanwhile: {
            try await other.sessions.revoke(token: "t", session: session.id, at: now)
        }
        #expect(try await revocations().map(\.id) == ["t"])
    }

    // MARK: - API tokens, WeChat and clients

    @Test func `an API token that is created during a password change does not survive it`() async throws {
        let (session, _) = try await begin()
        let hash = try newHash()
        let (result, isChanged) = try await transactions.run(pausingAt: "INSERT ON api_tokens") {
            try await APITokenStore(database: paused.database, sessions: paused.sessions)
                .create("x", scope: .customer, lifetimeSeconds: nil, in: session, at: now)
        } meanwhile: {
            try await other.accounts.changePassword(of: account, to: hash, at: now)
        }
        guard case .created(_, let secret) = result else {
            Issue.record("The token was not created")
            return
        }
        #expect(isChanged)
        let tokens = APITokenStore(database: other.database, sessions: other.sessions)
        #expect(try await tokens.find(secret, at: now) == nil)
    }

    @Test func `a WeChat session that begins during the removal of its binding ends with it`() async throws {
        let user = WeChatUser(openID: "a")
        try await other.database.write {
            try $0.execute(
                "INSERT INTO wechat_bindings (openid_hash, account_id, created_at) VALUES ($1, $2, $3)", user.hash,
                account.id, now)
        }
        let (begun, _) = try await transactions.run(pausingAt: "INSERT ON sessions") {
            try await bindings(of: paused).beginSession(
                of: account, for: user, scope: .customer, audience: ["login"], from: .unknown, at: now)
        } meanwhile: {
            try await bindings(of: other).unbind(account.id, at: now)
        }
        let (session, _) = try #require(begun)
        #expect(try await other.sessions.find(session.id, at: now) == nil)
    }

    @Test func `two revocations at once do not exceed the register tokens that a user may revoke`() async throws {
        let user = WeChatUser(openID: "a")
        let tokens = (0...WeChatBindingStore.maximumRevokedTokens).map {
            RegisterToken(user: user, id: "\($0)", expiresAt: now + 600)
        }
        for token in tokens.dropLast(2) { #expect(try await bindings(of: other).revoke(token, at: now)) }
        let (isRevoked, isAlsoRevoked) = try await transactions.run(pausingAt: "INSERT ON revocations") {
            try await bindings(of: paused).revoke(tokens[tokens.count - 2], at: now)
        } meanwhile: {
            try await bindings(of: other).revoke(tokens[tokens.count - 1], at: now)
        }
        #expect(isRevoked)
        #expect(!isAlsoRevoked)
    }

    private func bindings(of stores: Stores) -> WeChatBindingStore {
        WeChatBindingStore(
            database: stores.database, sessions: stores.sessions, accounts: stores.accounts,
            revocations: stores.revocations)
    }

    @Test func `no token is recorded for a client that is being removed`() async throws {
        let client = Client(
            id: "job", name: try #require(ClientName("Job")), secretHash: [1], grantTypes: [.clientCredentials],
            scope: .customer, audience: ["login"], redirectURIs: [])
        let (removing, recording) = (
            ClientStore(database: paused.database, sessions: paused.sessions),
            ClientStore(database: other.database, sessions: other.sessions)
        )
        #expect(try await recording.add(client, at: now))
        let (isRemoved, isRecorded) = try await transactions.run(pausingAt: "UPDATE ON sessions") {
            try await removing.remove("job", at: now)
        } meanwhile: {
            try await recording.recordToken(of: "job", until: now + 600, at: now)
        }
        #expect(isRemoved)
        #expect(!isRecorded)
    }
}
