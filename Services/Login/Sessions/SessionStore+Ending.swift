import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime

extension SessionStore {
    /// Ends a session. A second call changes nothing.
    func end(_ id: UUID, at now: Date) async throws {
        // Look the session up with a read first: calls that change nothing must not queue for the single writer.
        guard try await find(id, at: now) != nil else { return }
        try await database.write { try end(id, at: now, in: $0) }
    }

    /// Ends a session of an account. Returns false when the account has no session with this id.
    func end(_ id: UUID, of account: UUID, at now: Date) async throws -> Bool {
        try await database.write { connection in
            guard try session(id, at: now, in: connection)?.accountID == account else { return false }
            try end(id, at: now, in: connection)
            return true
        }
    }

    /// Ends the session that a refresh token belongs to, whether or not the token was used.
    ///
    /// - Parameter client: The registered client that asks for it; nil for login's own. The session of another client
    ///   does not end.
    func end(_ token: RefreshToken, of client: String? = nil, at now: Date) async throws {
        guard let id = try await database.read({ try sessionID(of: token, client: client, in: $0) }) else { return }
        try await end(id, at: now)
    }

    /// Ends all sessions of an account.
    func endAll(of account: UUID, at now: Date) async throws {
        try await database.write { try endAll(of: account, at: now, in: $0) }
    }

    /// Revokes one access token of a session, until all access tokens of that session have expired. A second call
    /// changes nothing, and neither does a call for a session that is over.
    ///
    /// Renewing a session is cheap, so many revoked tokens of one session could fill the list that every service
    /// keeps. After `maximumRevokedTokens` of the session, or `maximumRevokedTokensPerHour` of its account, the session
    /// ends instead.
    func revoke(token id: String, session: UUID, at now: Date) async throws {
        guard let found = try await find(session, token: id, at: now) else { return }
        try await database.write { connection in
            // The rows stay locked, so a revocation of the same token at the same time waits and then changes nothing.
            guard try AccountTable.lock(found.accountID, in: connection) else { return }
            let row = try connection.queryOne(
                """
                UPDATE sessions SET tokens_expire_at = tokens_expire_at WHERE id = $1 AND ended_at IS NULL
                RETURNING account_id, tokens_expire_at
                """, session)
            guard let row, try !revocations.hasToken(id, in: connection) else { return }
            let (account, expiry): (UUID, Date) = (try row["account_id"], try row["tokens_expire_at"])
            guard try revocations.count(ofSession: session, at: now, in: connection) < Self.maximumRevokedTokens,
                try mayRevokeSingly(of: account, at: now, in: connection),
                try countRevokedToken(of: account, at: now, in: connection)
            else { return try end(session, at: now, in: connection) }
            try revocations.append(
                Revocation(kind: .token, id: id, expiresAt: Revocation.expiry(ofTokensUntil: expiry)),
                account: account, session: session, at: now, in: connection)
        }
    }

    /// Ends a session, with one revocation that names it.
    ///
    /// Where tokens have long lifetimes, signing in and out in a loop would fill the list that every service keeps.
    /// Beyond `maximumRevocationsOfAccount`, one revocation of the account takes the place of further entries. It
    /// covers all access tokens of the account up to the last one of this session, and a later end extends it. It also
    /// covers older access tokens of sessions that have not ended. Their refresh tokens and cookies stay valid.
    func end(_ id: UUID, at now: Date, in connection: Connection) throws {
        try end([id], at: now, in: connection)
    }

    /// Ends sessions one by one, in the order of their ids, and then revokes them.
    ///
    /// The log is locked until the transaction ends, so all sessions are locked before it. Otherwise two transactions
    /// could wait for each other.
    func end(_ ids: [UUID], at now: Date, in connection: Connection) throws {
        let ended = try ids.sorted { $0.lowercase < $1.lowercase }.compactMap { id in
            try connection.queryOne(
                """
                UPDATE sessions SET ended_at = $1, expires_at = $1
                WHERE id = $2 AND ended_at IS NULL AND expires_at > $1
                RETURNING id, account_id, last_used_at, tokens_expire_at
                """, now, id)
        }
        for row in ended { try revokeSession(row, at: now, in: connection) }
    }

    /// - Parameter row: The row of a session that has ended.
    private func revokeSession(_ row: Row, at now: Date, in connection: Connection) throws {
        let (id, account, lastUse, expiry): (UUID, UUID, Date, Date) = (
            try row["id"], try row["account_id"], try row["last_used_at"], try row["tokens_expire_at"]
        )
        guard try mayRevokeSingly(of: account, at: now, in: connection) else {
            let revocation = revocation(of: account, tokensUpTo: lastUse, expiringBy: expiry)
            return try revocations.append(revocation, at: now, in: connection)
        }
        let revocation = Revocation(
            kind: .session, id: id.lowercase, expiresAt: Revocation.expiry(ofTokensUntil: expiry))
        try revocations.append(revocation, account: account, at: now, in: connection)
    }

    /// Counts a revoked token. Returns false when its account has used up `maximumRevokedTokensPerHour`.
    private func countRevokedToken(of account: UUID, at now: Date, in connection: Connection) throws -> Bool {
        let hour = Int(now.timeIntervalSince1970 / 3600)
        return try connection.execute(
            """
            UPDATE accounts SET revoked_tokens_hour = $1,
            revoked_tokens = CASE WHEN revoked_tokens_hour = $1 THEN revoked_tokens + 1 ELSE 1 END
            WHERE id = $2 AND (revoked_tokens_hour <> $1 OR revoked_tokens < $3)
            """, hour, account, Self.maximumRevokedTokensPerHour) == 1
    }

    private func mayRevokeSingly(of account: UUID, at now: Date, in connection: Connection) throws -> Bool {
        try revocations.count(ofAccount: account, at: now, in: connection) < Self.maximumRevocationsOfAccount
    }

    /// The revocation of the access tokens of an account that were issued no later than in the second of `lastUse`.
    private func revocation(of account: UUID, tokensUpTo lastUse: Date, expiringBy expiry: Date) -> Revocation {
        Revocation(
            kind: .account, id: account.lowercase, before: NumericDate(lastUse) + 1,
            expiresAt: Revocation.expiry(ofTokensUntil: expiry))
    }

    /// Ends the sessions of an account one by one. A session that begins within the same second does not end.
    ///
    /// A revocation of the account would also cover that session, because `iat` counts whole seconds. The account is
    /// revoked only when it has more than `maximumSingleRevocations` sessions.
    func endAll(of account: UUID, at now: Date, in connection: Connection) throws {
        let rows = try connection.query(
            "SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 LIMIT $3", account,
            now, Self.maximumSingleRevocations + 1)
        guard rows.count <= Self.maximumSingleRevocations else {
            if let revocation = try endTogether(of: account, at: now, in: connection) {
                try revocations.append(revocation, at: now, in: connection)
            }
            return
        }
        try end(rows.map { try $0["id"] }, at: now, in: connection)
    }

    /// Ends all sessions of an account together. Returns the one revocation of their access tokens, which the caller must
    /// append at the end of the transaction; nil when there was no session.
    ///
    /// The revocation also covers the first access token of a session that begins within the same second. The refresh
    /// token of that session stays valid.
    func endTogether(of account: UUID, at now: Date, in connection: Connection) throws -> Revocation? {
        let ended = try connection.execute(
            "UPDATE sessions SET ended_at = $1, expires_at = $1 WHERE account_id = $2 AND ended_at IS NULL", now,
            account)
        guard ended > 0 else { return nil }
        // Read after the update: it waits for renewals, which issue tokens that expire later.
        let last = try connection.queryOne(
            """
            SELECT max(last_used_at) AS last_used_at, max(tokens_expire_at) AS tokens_expire_at FROM sessions
            WHERE account_id = $1 AND ended_at = $2
            """, account, now)
        guard let last, let lastUse: Date = try last["last_used_at"], let expiry: Date = try last["tokens_expire_at"]
        else { return nil }
        // A request with a later time may have reached the database first.
        return revocation(of: account, tokensUpTo: max(now, lastUse), expiringBy: expiry)
    }
}
