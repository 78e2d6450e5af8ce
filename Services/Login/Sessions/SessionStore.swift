import Database
import Foundation
import ServiceRuntime

/// What began when someone signed in: bounds all tokens that come of it, and ends with a logout.
struct Session: Sendable, Equatable {
    let id: UUID
    let accountID: UUID
    let username: String
    /// The most that its access tokens allow; a later grant does not add to it.
    let scope: Scope
    /// The services that its access tokens open.
    let audience: [String]
    /// From where it was begun.
    let client: ClientInfo
    let createdAt: Date
    /// When it was used last; until then, when it began. No access token of it was issued later.
    let lastUsedAt: Date
    /// When it ends and none of its tokens is good any more, however often it is used.
    let expiresAt: Date
}

/// The sessions and their refresh tokens.
///
/// When a session ends, so do its access tokens: whatever ends one appends to the revocations in the same transaction.
struct SessionStore: Sendable {
    let database: SQLDatabase
    /// How long a session lives, in seconds.
    let lifetimeSeconds: Int
    /// How long an access token lives, in seconds.
    let tokenSeconds: Int
    /// Rung when revocations were appended.
    var bell = RevocationNotifier()
    /// How many refresh tokens of one session are kept, used ones included, so that a client in a loop cannot fill the disk.
    /// It is more than a client uses in 14 days that renews every five minutes.
    var maxFamilyTokens = 4096

    /// How many sessions that are over a sign-in removes, of whatever account, so that there are never many.
    private static let cleanedAtOnce = 100
    /// How many sessions of one account are revoked one by one; more of them together, by their account.
    static let maxRevokedSingly = 20
    /// How many tokens of one session are revoked one by one; the next one takes the session with it.
    static let maxRevokedTokens = 10
    /// How many entries that name sessions or tokens of one account are in force; what ends beyond that is revoked by the
    /// account.
    static let maxRevocationsOfAccount = 1000

    /// Begins a session. Nil when the account is gone, was disabled, or has another password than when it was looked up.
    func begin(
        _ account: Account, scope: Scope, audience: [String], from client: ClientInfo = .unknown, at now: Date
    ) async throws -> (Session, RefreshToken)? {
        let session = newSession(of: account, scope: scope, audience: audience, from: client, at: now)
        let token = RefreshToken()
        let isBegun = try await database.write { connection in
            guard try begin(session, passwordVersion: account.passwordVersion, at: now, in: connection) else {
                return false
            }
            try Self.insert(token, of: session.id, at: now, in: connection)
            return true
        }
        return isBegun ? (session, token) : nil
    }

    func newSession(
        of account: Account, scope: Scope, audience: [String], from client: ClientInfo, at now: Date
    ) -> Session {
        Session(
            id: .version7(at: now), accountID: account.id, username: account.username, scope: scope,
            audience: audience, client: client, createdAt: now, lastUsedAt: now,
            expiresAt: now + TimeInterval(lifetimeSeconds))
    }

    /// Stores a session, without anything that opens it. False when the account is not what it was.
    func begin(_ session: Session, passwordVersion: Int, at now: Date, in connection: Connection) throws -> Bool {
        try Self.clean(at: now, in: connection)
        let current = try connection.queryOne(
            "SELECT id FROM accounts WHERE id = $1 AND password_version = $2 AND disabled_at IS NULL",
            session.accountID, passwordVersion)
        guard current != nil else { return false }
        try connection.execute(
            """
            INSERT INTO sessions
            (id, account_id, scope, audience, device, address, created_at, last_used_at, expires_at, tokens_expire_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)
            """, session.id, session.accountID, session.scope.text, session.audience.joined(separator: " "),
            session.client.device, session.client.address, now.milliseconds,
            session.expiresAt.milliseconds, (now + TimeInterval(min(tokenSeconds, lifetimeSeconds))).milliseconds)
        return true
    }

    /// The session with this id, when it is not over, its account may sign in, and the given token was not revoked.
    func find(_ id: UUID, token: String? = nil, at now: Date) async throws -> Session? {
        try await database.read { connection in
            if let token, try RevocationLog.hasToken(token, in: connection) { return nil }
            return try Self.session(id, at: now, in: connection)
        }
    }

    /// The sessions of an account that are not over, newest first.
    func list(of account: UUID, _ page: PageRequest, at now: Date) async throws -> [Session] {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT id FROM sessions
                WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 AND id < $3 ORDER BY id DESC LIMIT $4
                """, account, now.milliseconds, page.newestFirstBound, page.fetchLimit)
            return try rows.compactMap { try Self.session($0["id"], at: now, in: connection) }
        }
    }

    static func insert(_ token: RefreshToken, of session: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)", token.hash, session,
            now.milliseconds)
    }

    static func session(_ id: UUID, at now: Date, in connection: Connection) throws -> Session? {
        let row = try connection.queryOne(
            """
            SELECT s.account_id, a.username, s.scope, s.audience, s.device, s.address, s.created_at, s.last_used_at,
            s.expires_at
            FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL
            """, id, now.milliseconds)
        guard let row else { return nil }
        let account: UUID = try row["account_id"]
        let (scope, audience): (String, String) = (try row["scope"], try row["audience"])
        func date(_ column: String) throws -> Date { Date(milliseconds: try row[column]) }
        return Session(
            id: id, accountID: account, username: try row["username"],
            scope: Scope(names: scope.split(separator: " ").map(String.init))
                .intersection(try AccountStore.grants(of: account, in: connection)),
            audience: audience.split(separator: " ").map(String.init),
            client: ClientInfo(device: try row["device"], address: try row["address"]),
            createdAt: try date("created_at"),
            lastUsedAt: try date("last_used_at"), expiresAt: try date("expires_at"))
    }

    /// Removes sessions that are over, with their refresh tokens.
    private static func clean(at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            DELETE FROM sessions
            WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
            """, now.milliseconds, cleanedAtOnce)
    }
}
