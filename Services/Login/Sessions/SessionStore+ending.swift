import Database
import Foundation
import JWT
import JWTAuth
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

    /// Revokes one access token of a session that is not over, for as long as any of that session's lives. Doing it twice is
    /// the same as once.
    ///
    /// Renewing a session is cheap, so with many tokens of one, somebody could fill the list that every service keeps: after
    /// `maxRevokedTokens` the session ends.
    func revoke(token id: String, session: UUID, at now: Date) async throws {
        guard try await find(session, token: id, at: now) != nil else { return }
        try await database.write(ringing: bell) { connection in
            let row = try connection.queryOne(
                "SELECT account_id, tokens_expire_at FROM sessions WHERE id = $1 AND ended_at IS NULL", session)
            guard let row, try !RevocationLog.hasToken(id, in: connection) else { return }
            let (account, expiry): (UUID, Int) = (try row["account_id"], try row["tokens_expire_at"])
            let revoked = try connection.query("SELECT seq FROM revocations WHERE session_id = $1", session)
            guard revoked.count < Self.maxRevokedTokens,
                try Self.mayRevokeSingly(of: account, at: now, in: connection)
            else { return try Self.end(session, at: now, in: connection) }
            try RevocationLog.append(
                Revocation(kind: .token, id: id, expiresAt: Revocation.expiry(ofTokensUntil: expiry)),
                of: account, session: session, at: now, in: connection)
        }
    }

    /// Ends a session, with one revocation that names it.
    ///
    /// To sign in and out in a loop is cheap where tokens live long, and would fill the list that every service keeps. So
    /// beyond `maxRevocationsOfAccount` the account is revoked, up to the last token of this session: all further ends share
    /// that one entry. It also hits older access tokens of sessions that go on, whose refresh tokens and cookies stay good.
    static func end(_ id: UUID, at now: Date, in connection: Connection) throws {
        let ended = try connection.queryOne(
            """
            UPDATE sessions SET ended_at = $1, expires_at = $1 WHERE id = $2 AND ended_at IS NULL AND expires_at > $1
            RETURNING account_id, last_used_at, tokens_expire_at
            """, now.milliseconds, id)
        guard let ended else { return }
        let (account, lastUse, expiry): (UUID, Int, Int) = (
            try ended["account_id"], try ended["last_used_at"], try ended["tokens_expire_at"]
        )
        guard try mayRevokeSingly(of: account, at: now, in: connection) else {
            return try revoke(account, tokensUpTo: lastUse, expiringBy: expiry, at: now, in: connection)
        }
        let revocation = Revocation(
            kind: .session, id: id.lowercase,
            expiresAt: Revocation.expiry(ofTokensUntil: expiry))
        try RevocationLog.append(revocation, of: account, at: now, in: connection)
    }

    private static func mayRevokeSingly(of account: UUID, at now: Date, in connection: Connection) throws -> Bool {
        try RevocationLog.count(of: account, at: now, in: connection) < maxRevocationsOfAccount
    }

    /// Revokes the access tokens of an account that were issued up to a time, whose second counts whole.
    private static func revoke(
        _ account: UUID, tokensUpTo lastUse: Int, expiringBy expiry: Int, at now: Date, in connection: Connection
    ) throws {
        let revocation = Revocation(
            kind: .account, id: account.lowercase, before: NumericDate(seconds: Int64(lastUse / 1000 + 1)),
            expiresAt: Revocation.expiry(ofTokensUntil: expiry))
        try RevocationLog.append(revocation, at: now, in: connection)
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
            """
            SELECT max(last_used_at) AS last_used_at, max(tokens_expire_at) AS tokens_expire_at FROM sessions
            WHERE account_id = $1 AND ended_at IS NULL
            """, account)
        try connection.execute(
            "UPDATE sessions SET ended_at = $1, expires_at = $1 WHERE account_id = $2 AND ended_at IS NULL",
            now.milliseconds, account)
        guard let last, let lastUse: Int = try last["last_used_at"], let expiry: Int = try last["tokens_expire_at"]
        else { return }
        // Requests may come to the database in another order than that of their times.
        let end = max(now.milliseconds, lastUse)
        try revoke(account, tokensUpTo: end, expiringBy: expiry, at: now, in: connection)
    }
}
