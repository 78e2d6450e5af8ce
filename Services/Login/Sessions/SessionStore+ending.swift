import Database
import Foundation
import ServiceRuntime

extension SessionStore {
    /// Ends a session. Ending it twice is the same as once.
    func end(_ id: UUID, at now: Date) async throws {
        // What changes nothing takes no turn at the database's one writer.
        guard try await find(id, at: now) != nil else { return }
        try await database.write(ringing: bell) { try Self.end(id, at: now, in: $0) }
    }

    /// Ends the session of an account with this id. False when there is no such session.
    func end(_ id: UUID, of account: UUID, at now: Date) async throws -> Bool {
        try await database.write(ringing: bell) { connection in
            guard try Self.session(id, at: now, in: connection)?.accountID == account else { return false }
            try Self.end(id, at: now, in: connection)
            return true
        }
    }

    /// Ends the session that a refresh token belongs to, whether the token was used or not.
    func end(_ token: RefreshToken, at now: Date) async throws {
        guard let id = try await database.read({ try Self.sessionID(of: token, in: $0) }) else { return }
        try await end(id, at: now)
    }

    /// Ends all sessions of an account.
    func endAll(of account: UUID, at now: Date) async throws {
        try await database.write(ringing: bell) { try Self.endAll(of: account, at: now, in: $0) }
    }

    /// Revokes one access token of a session that is not over. Doing it twice is the same as once.
    ///
    /// Renewing a session is cheap, so with many tokens of one, somebody could fill the list that every service keeps: after
    /// `maxRevokedTokens` the session ends.
    func revoke(token id: String, expiresAt: Date, session: UUID, at now: Date) async throws {
        guard try await find(session, token: id, at: now) != nil else { return }
        try await database.write(ringing: bell) { connection in
            guard try Self.session(session, at: now, in: connection) != nil,
                try !RevocationLog.hasToken(id, in: connection)
            else { return }
            let revoked = try connection.query("SELECT seq FROM revocations WHERE session_id = $1", session)
            guard revoked.count < Self.maxRevokedTokens else { return try Self.end(session, at: now, in: connection) }
            try RevocationLog.append(
                Revocation(kind: .token, id: id, expiresAt: Revocation.expiry(ofTokensUntil: expiresAt)),
                session: session, at: now, in: connection)
        }
    }

    static func end(_ id: UUID, at now: Date, in connection: Connection) throws {
        let ended = try connection.queryOne(
            """
            UPDATE sessions SET ended_at = $1, expires_at = $2 WHERE id = $3 AND ended_at IS NULL AND expires_at > $4
            RETURNING tokens_expire_at
            """, now.milliseconds, now.milliseconds, id, now.milliseconds)
        guard let ended else { return }
        try RevocationLog.append(
            Revocation(kind: .session, id: id.lowercase, expiresAt: try expiry(ended)), at: now, in: connection)
    }

    /// Ends the sessions of an account one by one, so that one that begins within the same second is not hit. The seconds
    /// in which a token's `iat` counts cannot tell that; only when there are too many, the account is revoked.
    static func endAll(of account: UUID, at now: Date, in connection: Connection) throws {
        let living = try connection.query(
            "SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 LIMIT $3", account,
            now.milliseconds, maxRevokedSingly + 1)
        guard living.count <= maxRevokedSingly else { return try endTogether(of: account, at: now, in: connection) }
        for row in living { try end(row["id"], at: now, in: connection) }
    }

    /// Ends all sessions of an account with one revocation. It also hits a session that begins within the same second:
    /// its first access token, not its refresh token.
    static func endTogether(of account: UUID, at now: Date, in connection: Connection) throws {
        let last = try connection.queryOne(
            "SELECT max(tokens_expire_at) AS tokens_expire_at FROM sessions WHERE account_id = $1 AND ended_at IS NULL",
            account)
        try connection.execute(
            "UPDATE sessions SET ended_at = $1, expires_at = $2 WHERE account_id = $3 AND ended_at IS NULL",
            now.milliseconds, now.milliseconds, account)
        guard let last, let milliseconds: Int = try last["tokens_expire_at"] else { return }
        try RevocationLog.append(
            Revocation(
                kind: .account, id: account.lowercase, before: Int(now.timeIntervalSince1970.rounded(.down)) + 1,
                expiresAt: Revocation.expiry(ofTokensUntil: Date(milliseconds: milliseconds))),
            at: now, in: connection)
    }

    private static func expiry(_ row: Row) throws -> Date {
        Revocation.expiry(ofTokensUntil: Date(milliseconds: try row["tokens_expire_at"]))
    }
}
