import Database
import Foundation
import ServiceRuntime

/// What the use of a refresh token came to.
enum Renewal: Sendable {
    /// The session goes on, with another refresh token.
    case renewed(Session, RefreshToken)
    /// There is no such token, or its session is over.
    case unknown
    /// The token was used before: somebody else has it. Its session is ended (RFC 9700 §4.14.2).
    case reused(sessionID: UUID)
}

extension SessionStore {
    /// For how long the use of a token may be repeated, in seconds: an answer was lost, or two windows woke up at once.
    static let repetitionSeconds = 10.0

    /// Exchanges a refresh token for the next one of its session.
    ///
    /// The first use decides what the next token is, and each repetition within `repetitionSeconds` gives the same one. A
    /// later use ends the session. A thief who repeats in time shares the next token with the owner, and whichever of them
    /// uses it later ends the session.
    ///
    /// The session that comes back has the scope that is left of it when grants were taken from the account. `inspect` may
    /// throw in order to refuse: then everything stays as it was.
    func renew(
        _ token: RefreshToken, at now: Date, inspect: @Sendable (Session) throws -> Void
    ) async throws -> Renewal {
        // Who has no token takes no turn at the database's one writer.
        guard try await database.read({ try Self.sessionID(of: token, in: $0) }) != nil else { return .unknown }
        return try await database.write(ringing: bell) { connection in
            let salt = RefreshToken.newSalt()
            let used = try connection.queryOne(
                """
                UPDATE refresh_tokens SET used_at = $1, successor_salt = $2 WHERE hash = $3 AND used_at IS NULL
                RETURNING session_id
                """, now.milliseconds, salt, token.hash)
            guard let used else { return try repeatUse(of: token, at: now, inspect: inspect, in: connection) }
            guard let session = try prolongTokens(of: used["session_id"], at: now, in: connection) else {
                return .unknown
            }
            try inspect(session)
            try Self.eraseSalts(of: session.id, at: now, in: connection)
            let next = token.successor(salt: salt)
            try Self.insert(next, of: session.id, at: now, in: connection)
            try forgetOldest(of: session.id, in: connection)
            return .renewed(session, next)
        }
    }

    /// The use of a token that was used before, or never existed.
    private func repeatUse(
        of token: RefreshToken, at now: Date, inspect: (Session) throws -> Void, in connection: Connection
    ) throws -> Renewal {
        let row = try connection.queryOne(
            "SELECT session_id, used_at, successor_salt FROM refresh_tokens WHERE hash = $1", token.hash)
        guard let row else { return .unknown }
        let (id, usedAt, salt): (UUID, Int, [UInt8]?) = (
            try row["session_id"], try row["used_at"], try row["successor_salt"]
        )
        // Clocks of several processes may differ a little, so the first use may seem to lie ahead.
        guard let salt, abs(now.timeIntervalSince(Date(milliseconds: usedAt))) < Self.repetitionSeconds else {
            try Self.end(id, at: now, in: connection)
            return .reused(sessionID: id)
        }
        guard let session = try prolongTokens(of: id, at: now, in: connection) else { return .unknown }
        try inspect(session)
        return .renewed(session, token.successor(salt: salt))
    }

    /// Notes that an access token is about to be issued, and returns the session; nil when it is over.
    func prolongTokens(of id: UUID, at now: Date, in connection: Connection) throws -> Session? {
        guard let session = try Self.session(id, at: now, in: connection) else { return nil }
        let expiry = min(now + TimeInterval(tokenSeconds), session.expiresAt).milliseconds
        try connection.execute(
            """
            UPDATE sessions SET last_used_at = CASE WHEN last_used_at < $1 THEN $1 ELSE last_used_at END,
            tokens_expire_at = CASE WHEN tokens_expire_at < $2 THEN $2 ELSE tokens_expire_at END WHERE id = $3
            """, now.milliseconds, expiry, id)
        return session
    }

    /// Keeps a family at `maxFamilyTokens`. A token that was forgotten opens nothing, as before; but that somebody else uses
    /// it is no alarm any more.
    private func forgetOldest(of session: UUID, in connection: Connection) throws {
        try connection.execute(
            """
            DELETE FROM refresh_tokens WHERE session_id = $1 AND created_at < (
                SELECT created_at FROM refresh_tokens WHERE session_id = $1
                ORDER BY created_at DESC LIMIT 1 OFFSET $2
            )
            """, session, maxFamilyTokens - 1)
    }

    /// Erases what successors were derived from, where a use can no longer be repeated.
    private static func eraseSalts(of session: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            UPDATE refresh_tokens SET successor_salt = NULL
            WHERE session_id = $1 AND successor_salt IS NOT NULL AND used_at <= $2
            """, session, (now - repetitionSeconds).milliseconds)
    }
}
