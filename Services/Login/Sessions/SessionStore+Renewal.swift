import Database
import Foundation
import ServiceRuntime

/// The outcome of the use of a refresh token.
enum RenewalResult: Sendable {
    /// The session, the next access token, and the next refresh token.
    case renewed(Session, RenewedAccess, RefreshToken)
    /// The token does not exist, or its session is over or belongs to another client.
    case unknown
    /// The token was used before, so somebody else may have it. Its session was ended (RFC 9700 §4.14.2).
    case reused(sessionID: UUID)
}

/// The part of a session that the next access token covers.
struct RenewedAccess: Sendable {
    let scope: Scope
    let audience: [String]
}

extension SessionStore {
    /// How long the use of a token may be repeated, in seconds. Clients repeat it after a lost response, or when two
    /// windows renew at once.
    static let repetitionSeconds = 10.0

    /// Exchanges a refresh token for the next one of its session.
    ///
    /// The first use determines the next token, and each repeated use within `repetitionSeconds` gives the same one. A
    /// later use ends the session. A thief who repeats the use in time gets the same next token as the owner. If both
    /// use that token, the second use ends the session, unless it also comes in time.
    ///
    /// - Parameters:
    ///   - client: The registered client that uses the token; nil for login's own. The use by another client than the
    ///     one of the session changes nothing.
    ///   - requester: The program and the address of the request; nil to keep those of the last use.
    ///   - access: Returns the part of the session that the next access token covers. Its parameter is the session, with
    ///     the part of its scope that is still granted to the account.
    /// - Throws: The error of `access`: nothing changes then, and the token counts as unused. Errors of the database.
    func renew(
        _ token: RefreshToken, of client: String? = nil, from requester: ClientInfo? = nil, at now: Date,
        access: @Sendable (Session) throws -> RenewedAccess
    ) async throws -> RenewalResult {
        // Look the token up with a read first: unknown tokens must not queue for the single writer.
        guard try await database.read({ try sessionID(of: token, client: client, in: $0) }) != nil else {
            return .unknown
        }
        return try await database.write { connection in
            let salt = RefreshToken.newSalt()
            let used = try connection.queryOne(
                """
                UPDATE refresh_tokens SET used_at = $1, successor_salt = $2 WHERE hash = $3 AND used_at IS NULL
                RETURNING session_id
                """, now, salt, token.hash)
            guard let used else {
                return try repeatUse(of: token, from: requester, at: now, access: access, in: connection)
            }
            guard let session = try recordToken(of: used["session_id"], from: requester, at: now, in: connection) else {
                return .unknown
            }
            let access = try access(session)
            try eraseSalts(of: session.id, at: now, in: connection)
            let next = token.successor(salt: salt)
            try insert(next, of: session.id, at: now, in: connection)
            try removeOldest(of: session.id, in: connection)
            return .renewed(session, access, next)
        }
    }

    /// Handles the use of a token that was used before or never existed.
    private func repeatUse(
        of token: RefreshToken, from requester: ClientInfo?, at now: Date,
        access: (Session) throws -> RenewedAccess, in connection: Connection
    ) throws -> RenewalResult {
        let row = try connection.queryOne(
            "SELECT session_id, used_at, successor_salt FROM refresh_tokens WHERE hash = $1", token.hash)
        guard let row else { return .unknown }
        let (id, usedAt, salt): (UUID, Date, [UInt8]?) = (
            try row["session_id"], try row["used_at"], try row["successor_salt"]
        )
        // The clocks of several processes differ a little, so the first use may seem to lie in the future.
        guard let salt, abs(now.timeIntervalSince(usedAt)) < Self.repetitionSeconds else {
            try end(id, at: now, in: connection)
            return .reused(sessionID: id)
        }
        guard let session = try recordToken(of: id, from: requester, at: now, in: connection) else { return .unknown }
        return .renewed(session, try access(session), token.successor(salt: salt))
    }

    /// Records that an access token is about to be issued, and returns the session; nil when it is over.
    func recordToken(
        of id: UUID, from client: ClientInfo?, at now: Date, in connection: Connection
    ) throws -> Session? {
        // Write first: the row stays locked, so an end of the session comes before this transaction or sees its expiry.
        let prolonged = try connection.execute(
            """
            UPDATE sessions SET tokens_expire_at = CASE
                WHEN tokens_expire_at >= $1 THEN tokens_expire_at WHEN expires_at < $1 THEN expires_at ELSE $1 END
            WHERE id = $2 AND ended_at IS NULL AND expires_at > $3
            """, now + TimeInterval(lifetimes.accessTokenSeconds), id, now)
        guard prolonged == 1, let session = try session(id, at: now, in: connection) else { return nil }
        try recordUse(of: session, from: client, at: now, in: connection)
        return session
    }

    /// Records the time, the program and the address of the last use, unless a later use is recorded already.
    func recordUse(of session: Session, from client: ClientInfo?, at now: Date, in connection: Connection) throws {
        let client = client ?? session.lastClient
        try connection.execute(
            """
            UPDATE sessions SET last_used_at = $1, last_device = $2, last_address = $3
            WHERE id = $4 AND last_used_at <= $1
            """, now, client.device, client.address, session.id)
    }

    /// Keeps at most `maximumFamilyTokens` tokens of a session. Login rejects the use of a removed token, but that use
    /// no longer ends the session.
    private func removeOldest(of session: UUID, in connection: Connection) throws {
        try connection.execute(
            """
            DELETE FROM refresh_tokens WHERE session_id = $1 AND created_at < (
                SELECT created_at FROM refresh_tokens WHERE session_id = $1
                ORDER BY created_at DESC LIMIT 1 OFFSET $2
            )
            """, session, maximumFamilyTokens - 1)
    }

    /// Erases the salts of tokens whose use can no longer be repeated.
    private func eraseSalts(of session: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            """
            UPDATE refresh_tokens SET successor_salt = NULL
            WHERE session_id = $1 AND successor_salt IS NOT NULL AND used_at <= $2
            """, session, now - Self.repetitionSeconds)
    }
}
