// API tokens: opaque credentials that a user creates for programs. This is a separate folder because they belong to an
// account and to no session. Services learn about them by `POST /introspect` only, so the revocation feed does not
// mention them.

import Database
import Foundation
import ServiceRuntime

/// The API tokens of all accounts, stored as hashes.
struct APITokenStore: Sendable {
    /// The maximum number of API tokens of one account.
    static let maximumTokensOfAccount = 50

    let database: SQLDatabase
    let sessions: SessionStore

    /// The outcome of the creation of a token.
    enum CreationResult: Sendable {
        /// The token, and its secret, which cannot be read again.
        case created(APIToken, APITokenSecret)
        /// The account has `maximumTokensOfAccount` tokens.
        case tooMany
        /// The session ended since it was read.
        case sessionOver
    }

    /// Creates a token for the account that a session belongs to.
    ///
    /// - Parameter lifetimeSeconds: Nil for a token that does not expire.
    func create(
        _ name: String, scope: Scope, lifetimeSeconds: Int?, in session: Session, at now: Date
    ) async throws -> CreationResult {
        let secret = APITokenSecret()
        let token = APIToken(
            id: .version7(at: now), accountID: session.accountID, username: session.username, name: name, scope: scope,
            createdAt: now, expiresAt: lifetimeSeconds.map { now + TimeInterval($0) })
        return try await database.write { connection in
            // A change of the password ends the session and deletes the tokens. A token that is created at the same
            // time must not survive it, nor exceed the maximum number together with another one.
            guard try AccountTable.lock(session.accountID, in: connection),
                try sessions.session(session.id, at: now, in: connection) != nil
            else { return .sessionOver }
            try connection.execute(
                "DELETE FROM api_tokens WHERE account_id = $1 AND expires_at <= $2", session.accountID, now)
            let inserted = try connection.execute(
                """
                INSERT INTO api_tokens (id, account_id, hash, name, scope, created_at, expires_at)
                SELECT $1, $2, $3, $4, $5, $6, $7
                WHERE (SELECT count(*) FROM api_tokens WHERE account_id = $2) < $8
                """, token.id, token.accountID, secret.hash, name, scope.text, now, token.expiresAt,
                Self.maximumTokensOfAccount)
            return inserted == 1 ? .created(token, secret) : .tooMany
        }
    }

    /// The token with this secret. Nil when it is unknown or expired, or when its account is disabled.
    func find(_ secret: APITokenSecret, at now: Date) async throws -> APIToken? {
        try await database.read { connection in
            let row = try connection.queryOne(
                """
                SELECT t.id, t.account_id, a.username, t.name, t.scope, t.created_at, t.expires_at
                FROM api_tokens t JOIN accounts a ON a.id = t.account_id
                WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND a.disabled_at IS NULL
                """, secret.hash, now)
            return try row.map { try APIToken($0, in: connection) }
        }
    }

    /// The tokens of an account that have not expired, newest first.
    func list(of account: UUID, at now: Date) async throws -> [APIToken] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT t.id, t.account_id, a.username, t.name, t.scope, t.created_at, t.expires_at
                FROM api_tokens t JOIN accounts a ON a.id = t.account_id
                WHERE t.account_id = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) ORDER BY t.id DESC
                """, account, now
            ).map { try APIToken($0, in: connection) }
        }
    }

    /// Deletes a token of an account. Returns false when the account has no token with this id.
    func delete(_ id: UUID, of account: UUID) async throws -> Bool {
        try await database.write { connection in
            try connection.execute("DELETE FROM api_tokens WHERE id = $1 AND account_id = $2", id, account) == 1
        }
    }

    /// Deletes the token with this secret. A second call changes nothing.
    func delete(_ secret: APITokenSecret) async throws {
        // Look the token up with a read first: unknown tokens must not queue for the single writer.
        let row = try await database.read { connection in
            try connection.queryOne("SELECT id FROM api_tokens WHERE hash = $1", secret.hash)
        }
        guard row != nil else { return }
        try await database.write { connection in
            try connection.execute("DELETE FROM api_tokens WHERE hash = $1", secret.hash)
        }
    }

    /// Deletes all tokens of an account.
    static func deleteAll(of account: UUID, in connection: Connection) throws {
        try connection.execute("DELETE FROM api_tokens WHERE account_id = $1", account)
    }
}

extension APIToken {
    fileprivate init(_ row: Row, in connection: Connection) throws {
        let scope: String = try row["scope"]
        accountID = try row["account_id"]
        id = try row["id"]
        username = try row["username"]
        name = try row["name"]
        self.scope = Scope(names: scope.split(separator: " ").map(String.init))
            .intersection(try GrantTable.scope(of: accountID, in: connection))
        createdAt = try row["created_at"]
        expiresAt = try row["expires_at"]
    }
}
