// Sessions, which a sign-in begins and a logout ends, and the secrets that clients hold for them (refresh tokens,
// cookies). This is a separate folder because every token belongs to a session, whatever the way of signing in. The
// session store appends to the revocation log whenever it ends a session or revokes a token. It does not call the
// account store.

import Database
import Foundation
import ServiceRuntime

/// The sessions and the secrets that open them.
///
/// The access tokens of a session end with it: each function that ends a session appends to the revocation log in the
/// same transaction.
struct SessionStore: Sendable {
    let database: SQLDatabase
    let revocations: RevocationLog
    let lifetimes: SessionLifetimes
    /// The maximum number of refresh tokens that are kept for one session, including used ones. The limit keeps a
    /// client in a loop from filling the disk. A client that renews every five minutes for 14 days uses fewer.
    var maximumFamilyTokens = 4096

    /// The maximum number of sessions of one account that are revoked one by one. If there are more, the account is
    /// revoked instead.
    static let maximumSingleRevocations = 20
    /// The maximum number of tokens of one session that are revoked one by one. The next revocation ends the session.
    static let maximumRevokedTokens = 10
    /// The maximum number of tokens of one account that are revoked one by one in an hour. The next revocation ends
    /// the session of its token, so each further entry costs a sign-in.
    static let maximumRevokedTokensPerHour = 60
    /// The maximum number of unexpired entries that name sessions or tokens of one account. Beyond it the account is
    /// revoked. Transactions that end sessions at the same time do not count each other's entries, so each may add one
    /// more.
    static let maximumRevocationsOfAccount = 1000
    /// The number of expired sessions, of any account, that each sign-in removes. It keeps their number low.
    private static let cleanupCount = 100

    /// Begins a session. Returns nil when the account was deleted, disabled, or given another password since it was
    /// read.
    func begin(
        _ account: Account, scope: Scope, audience: [String], from client: ClientInfo = .unknown, at now: Date
    ) async throws -> (Session, RefreshToken)? {
        let session = newSession(of: account, scope: scope, audience: audience, from: client, at: now)
        let token = RefreshToken()
        let isBegun = try await database.write { connection in
            guard try insert(session, passwordVersion: account.passwordVersion, at: now, in: connection) else {
                return false
            }
            try insert(token, of: session.id, at: now, in: connection)
            return true
        }
        return isBegun ? (session, token) : nil
    }

    func newSession(
        of account: Account, scope: Scope, audience: [String], from client: ClientInfo, at now: Date
    ) -> Session {
        Session(
            id: .version7(at: now), accountID: account.id, username: account.username, scope: scope,
            wholeScope: account.scope, audience: audience, clientID: nil, client: client, lastClient: client,
            createdAt: now, lastUsedAt: now,
            expiresAt: now + TimeInterval(lifetimes.sessionSeconds))
    }

    /// Stores a session without a secret that opens it. Returns false when the account was deleted, disabled, or given
    /// another password since it was read.
    func insert(_ session: Session, passwordVersion: Int, at now: Date, in connection: Connection) throws -> Bool {
        guard try AccountTable.lock(session.accountID, passwordVersion: passwordVersion, in: connection) else {
            return false
        }
        try insert(session, at: now, in: connection)
        return true
    }

    /// Stores a session without a secret that opens it. The caller has locked the account.
    func insert(_ session: Session, at now: Date, in connection: Connection) throws {
        try removeExpired(at: now, in: connection)
        let isNarrowed = !session.scope.contains(session.wholeScope)
        let tokensExpireAt = min(now + TimeInterval(lifetimes.accessTokenSeconds), session.expiresAt)
        try connection.execute(
            """
            INSERT INTO sessions (
                id, account_id, scope, narrowed, audience, client_id, device, address, last_device, last_address,
                created_at, last_used_at, expires_at, tokens_expire_at
            ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8, $9, $9, $10, $11)
            """, session.id, session.accountID, session.scope.text, isNarrowed,
            session.audience.joined(separator: " "), session.clientID, session.client.device, session.client.address,
            now, session.expiresAt, tokensExpireAt)
    }

    func insert(_ token: RefreshToken, of session: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)", token.hash, session, now)
    }

    /// The session with this id. Nil when it is over, its account is disabled, or the given token is revoked.
    func find(_ id: UUID, token: String? = nil, at now: Date) async throws -> Session? {
        try await database.read { connection in
            if let token, try revocations.hasToken(token, in: connection) { return nil }
            return try session(id, at: now, in: connection)
        }
    }

    /// The sessions of an account that are not over, newest first.
    func list(of account: UUID, _ page: PageRequest, at now: Date) async throws -> [Session] {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT id FROM sessions
                WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 AND id < $3 ORDER BY id DESC LIMIT $4
                """, account, now, page.newestFirstBound, page.fetchLimit)
            return try rows.compactMap { try session($0["id"], at: now, in: connection) }
        }
    }

    /// The session with this id, with the part of its scope that is still granted to the account. Nil when it is over
    /// or its account is disabled.
    func session(_ id: UUID, at now: Date, in connection: Connection) throws -> Session? {
        let row = try connection.queryOne(
            """
            SELECT s.account_id, a.username, s.scope, s.narrowed, s.audience, s.client_id, s.device, s.address,
            s.last_device, s.last_address, s.created_at, s.last_used_at, s.expires_at
            FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL
            """, id, now)
        guard let row else { return nil }
        let (account, stored, isNarrowed, audience): (UUID, String, Bool, String) = (
            try row["account_id"], try row["scope"], try row["narrowed"], try row["audience"]
        )
        let granted = try GrantTable.scope(of: account, in: connection)
        let scope = Scope(names: stored.split(separator: " ").map(String.init)).intersection(granted)
        return Session(
            id: id, accountID: account, username: try row["username"], scope: scope,
            wholeScope: isNarrowed ? granted : scope, audience: audience.split(separator: " ").map(String.init),
            clientID: try row["client_id"],
            client: ClientInfo(device: try row["device"], address: try row["address"]),
            lastClient: ClientInfo(device: try row["last_device"], address: try row["last_address"]),
            createdAt: try row["created_at"], lastUsedAt: try row["last_used_at"], expiresAt: try row["expires_at"])
    }

    /// The session that a secret belongs to, even when the session is over. Nil for a secret that was never issued.
    func sessionID(of credential: some SessionCredential, in connection: Connection) throws -> UUID? {
        let table = type(of: credential).table
        return try connection.queryOne(
            "SELECT session_id FROM \(table) WHERE hash = $1", credential.hash)?["session_id"]
    }

    /// Removes some sessions that are over, with their refresh tokens.
    private func removeExpired(at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            DELETE FROM sessions
            WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
            """, now, Self.cleanupCount)
    }
}
