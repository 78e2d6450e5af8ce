import Database
import Foundation
import JWT
import JWTAuth
import ServiceRuntime

/// The registered clients and the hashes of their secrets.
struct ClientStore: Sendable {
    /// The maximum number of tokens of one client that are revoked one by one. The next revocation revokes all tokens of
    /// the client.
    static let maximumRevokedTokens = 10

    let database: SQLDatabase
    let sessions: SessionStore

    var revocations: RevocationLog { sessions.revocations }

    /// Registers a client. Returns false when the id is taken.
    func add(_ client: Client, at now: Date) async throws -> Bool {
        try await database.write { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO clients (id, name, secret_hash, grant_types, scope, audience, redirect_uris, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING
                """, client.id, client.name.text, client.secretHash,
                client.grantTypes.map(\.rawValue).joined(separator: " "), client.scope.text,
                client.audience.joined(separator: " "), client.redirectURIs.map(\.text).joined(separator: " "), now)
            return inserted == 1
        }
    }

    /// The client with this id; nil when it is unknown.
    func find(_ id: String) async throws -> Client? {
        guard id.utf8.count <= Client.maximumIDBytes else { return nil }
        return try await database.read { connection in
            try connection.queryOne("SELECT * FROM clients WHERE id = $1", id).flatMap(Client.init)
        }
    }

    /// All clients, in the order of their registration.
    func list() async throws -> [Client] {
        try await database.read { connection in
            try connection.query("SELECT * FROM clients ORDER BY created_at, id").compactMap(Client.init)
        }
    }

    /// Replaces the secret of a client. Tokens that the client has stay valid. Returns false when there is no
    /// confidential client with this id.
    func replaceSecret(of id: String, with secret: ClientSecret) async throws -> Bool {
        try await database.write { connection in
            let changed = try connection.execute(
                "UPDATE clients SET secret_hash = $1 WHERE id = $2 AND secret_hash IS NOT NULL", secret.hash, id)
            return changed == 1
        }
    }

    /// Removes a client, ends the sessions that people have at it, and revokes all its tokens. Returns false when there
    /// is no such client.
    func remove(_ id: String, at now: Date) async throws -> Bool {
        try await database.write { connection in
            // Delete first: this waits for transactions that redeem a code of the client or record a token of it.
            let removed = try connection.queryOne(
                "DELETE FROM clients WHERE id = $1 RETURNING last_token_at, tokens_expire_at", id)
            guard let removed else { return false }
            try sessions.endAll(ofClient: id, at: now, in: connection)
            try revokeAll(of: id, removed, at: now, in: connection)
            return true
        }
    }
}

// MARK: - Tokens that clients get for themselves

extension ClientStore {
    /// Records that an access token is about to be issued to a client for itself. Returns false when the client was
    /// removed.
    func recordToken(of id: String, until expiry: Date, at now: Date) async throws -> Bool {
        try await database.write { connection in
            let changed = try connection.execute(
                """
                UPDATE clients SET last_token_at = CASE WHEN last_token_at < $1 THEN $1 ELSE last_token_at END,
                tokens_expire_at = CASE WHEN tokens_expire_at < $2 THEN $2 ELSE tokens_expire_at END WHERE id = $3
                """, now, expiry, id)
            return changed == 1
        }
    }

    /// Whether a token that a client got for itself is in force: the client exists, and the token is not revoked.
    func accepts(_ token: ClientToken) async throws -> Bool {
        try await database.read { try accepts(token, in: $0) }
    }

    /// Revokes a token that a client got for itself. A second call changes nothing.
    func revoke(_ token: ClientToken, at now: Date) async throws {
        guard try await accepts(token) else { return }
        try await database.write { connection in
            // The row stays locked, so a revocation of the same token at the same time waits and then changes nothing.
            let client = try connection.queryOne(
                """
                UPDATE clients SET last_token_at = last_token_at WHERE id = $1 RETURNING last_token_at, tokens_expire_at
                """, token.clientID)
            guard let client, try accepts(token, in: connection) else { return }
            let count = try revocations.count(ofClient: token.clientID, at: now, in: connection)
            guard count < Self.maximumRevokedTokens else {
                return try revokeAll(of: token.clientID, client, at: now, in: connection)
            }
            let revocation = Revocation(
                kind: .token, id: token.id, expiresAt: Revocation.expiry(ofTokensUntil: token.expiresAt))
            try revocations.append(revocation, client: token.clientID, at: now, in: connection)
        }
    }

    private func accepts(_ token: ClientToken, in connection: Connection) throws -> Bool {
        try connection.queryOne("SELECT id FROM clients WHERE id = $1", token.clientID) != nil
            && !revocations.hasToken(token.id, in: connection)
            && !revocations.hasClient(token.clientID, issuedAt: token.issuedAt, in: connection)
    }

    /// Revokes all access tokens that were issued to a client, also those of sessions, with one entry. Refresh tokens
    /// stay valid.
    ///
    /// - Parameter client: The columns `last_token_at` and `tokens_expire_at` of the client, whose row is locked.
    private func revokeAll(of id: String, _ client: Row, at now: Date, in connection: Connection) throws {
        // Sessions that ended a moment ago count too: their tokens are revoked by this entry only.
        let last = try connection.queryOne(
            """
            SELECT max(last_used_at) AS last_used_at, max(tokens_expire_at) AS tokens_expire_at FROM sessions
            WHERE client_id = $1 AND (ended_at IS NULL OR ended_at >= $2)
            """, id, now)
        let (lastToken, lastExpiry): (Date, Date) = (try client["last_token_at"], try client["tokens_expire_at"])
        let (lastUse, expiry): (Date?, Date?) = (try last?["last_used_at"], try last?["tokens_expire_at"])
        // A request with a later time may have reached the database first.
        let revocation = Revocation(
            kind: .client, id: id, before: NumericDate(max(now, lastToken, lastUse ?? lastToken)) + 1,
            expiresAt: Revocation.expiry(ofTokensUntil: max(lastExpiry, expiry ?? lastExpiry)))
        try revocations.append(revocation, at: now, in: connection)
    }
}

extension Client {
    /// Reads a row of the table `clients`. Nil when a value was changed to something that no client can have.
    fileprivate init?(_ row: Row) throws {
        let (name, grantTypes, scope, audience, redirectURIs): (String, String, String, String, String) = (
            try row["name"], try row["grant_types"], try row["scope"], try row["audience"], try row["redirect_uris"]
        )
        guard let name = ClientName(name) else { return nil }
        self.init(
            id: try row["id"], name: name, secretHash: try row["secret_hash"],
            grantTypes: grantTypes.split(separator: " ").compactMap { GrantType(rawValue: String($0)) },
            scope: Scope(names: scope.split(separator: " ").map(String.init)),
            audience: audience.split(separator: " ").map(String.init),
            redirectURIs: redirectURIs.split(separator: " ").compactMap { RedirectURI(String($0)) })
    }
}
