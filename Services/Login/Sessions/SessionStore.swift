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
    let createdAt: Date
    /// When its refresh token ends, unless it is used before.
    let expiresAt: Date
}

/// The sessions and their refresh tokens.
struct SessionStore: Sendable {
    let database: SQLDatabase
    /// How long a session lives after the last use of its refresh token, in seconds.
    let lifeSeconds: Int

    /// What the use of a refresh token came to.
    enum Renewal: Sendable {
        /// The session goes on, with another refresh token.
        case renewed(Session, RefreshToken)
        /// There is no such token, or its session is over.
        case unknown
        /// The token was used before: somebody else has it. Its session is ended (RFC 9700 §4.14.2).
        case reused(sessionID: UUID)
    }

    /// Begins a session, and forgets those of the account that are over.
    func begin(
        _ account: Account, scope: Scope, audience: [String], at now: Date
    ) async throws -> (Session, RefreshToken) {
        let session = Session(
            id: .version7(at: now), accountID: account.id, username: account.username, scope: scope,
            audience: audience, createdAt: now, expiresAt: now + TimeInterval(lifeSeconds))
        let token = RefreshToken()
        try await database.write { connection in
            try connection.execute(
                "DELETE FROM sessions WHERE account_id = $1 AND expires_at < $2", account.id, now.milliseconds)
            try connection.execute(
                """
                INSERT INTO sessions (id, account_id, scope, audience, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """, session.id, account.id, scope.text, audience.joined(separator: " "),
                session.createdAt.milliseconds, session.expiresAt.milliseconds)
            try Self.insert(token, of: session.id, at: now, in: connection)
        }
        return (session, token)
    }

    /// Exchanges a refresh token for the next one of its session.
    ///
    /// The session that comes back has the scope that is left of it when grants were taken from the account. `inspect` may
    /// throw in order to refuse: then the token stays good.
    func renew(
        _ token: RefreshToken, at now: Date, inspect: @Sendable (Session) throws -> Void
    ) async throws -> Renewal {
        try await database.write { connection in
            let used = try connection.queryOne(
                "UPDATE refresh_tokens SET used_at = $1 WHERE hash = $2 AND used_at IS NULL RETURNING session_id",
                now.milliseconds, token.hash)
            guard let used else { return try Self.refuse(token, at: now, in: connection) }
            let expiry = now + TimeInterval(lifeSeconds)
            guard let session = try Self.extend(used["session_id"], until: expiry, at: now, in: connection) else {
                return .unknown
            }
            try inspect(session)
            let next = RefreshToken()
            try Self.insert(next, of: session.id, at: now, in: connection)
            return .renewed(session, next)
        }
    }

    /// The session with this id, when it is not over and its account may sign in.
    func find(_ id: UUID, at now: Date) async throws -> Session? {
        try await database.read { try Self.session(id, at: now, in: $0) }
    }

    /// Ends a session. Ending it twice is the same as once.
    func end(_ id: UUID, at now: Date) async throws {
        try await database.write { try Self.end(id, at: now, in: $0) }
    }

    /// Ends all sessions of an account.
    func endAll(of account: UUID, at now: Date) async throws {
        try await database.write { try Self.endAll(of: account, at: now, in: $0) }
    }

    static func endAll(of account: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            "UPDATE sessions SET ended_at = $1 WHERE account_id = $2 AND ended_at IS NULL",
            now.milliseconds, account)
    }

    private static func end(_ id: UUID, at now: Date, in connection: Connection) throws {
        try connection.execute(
            "UPDATE sessions SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL", now.milliseconds, id)
    }

    private static func insert(_ token: RefreshToken, of session: UUID, at now: Date, in connection: Connection) throws
    {
        try connection.execute(
            "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)", token.hash, session,
            now.milliseconds)
    }

    /// A token that cannot be used: one that was used before ends its session.
    private static func refuse(_ token: RefreshToken, at now: Date, in connection: Connection) throws -> Renewal {
        let known = try connection.queryOne("SELECT session_id FROM refresh_tokens WHERE hash = $1", token.hash)
        guard let known else { return .unknown }
        let session: UUID = try known["session_id"]
        try end(session, at: now, in: connection)
        return .reused(sessionID: session)
    }

    /// Puts off the end of a session, and returns it; nil when it is over.
    private static func extend(
        _ id: UUID, until expiry: Date, at now: Date, in connection: Connection
    ) throws -> Session? {
        let extended = try connection.execute(
            "UPDATE sessions SET expires_at = $1 WHERE id = $2 AND ended_at IS NULL AND expires_at > $3",
            expiry.milliseconds, id, now.milliseconds)
        return extended == 1 ? try session(id, at: now, in: connection) : nil
    }

    private static func session(_ id: UUID, at now: Date, in connection: Connection) throws -> Session? {
        let row = try connection.queryOne(
            """
            SELECT s.account_id, a.username, s.scope, s.audience, s.created_at, s.expires_at
            FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL
            """, id, now.milliseconds)
        guard let row else { return nil }
        let account: UUID = try row["account_id"]
        let (scope, audience): (String, String) = (try row["scope"], try row["audience"])
        let (createdAt, expiresAt): (Int, Int) = (try row["created_at"], try row["expires_at"])
        return Session(
            id: id, accountID: account, username: try row["username"],
            scope: Scope(names: scope.split(separator: " ").map(String.init))
                .intersection(try AccountStore.grants(of: account, in: connection)),
            audience: audience.split(separator: " ").map(String.init), createdAt: Date(milliseconds: createdAt),
            expiresAt: Date(milliseconds: expiresAt))
    }
}
