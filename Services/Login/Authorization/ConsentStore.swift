import Database
import Foundation
import ServiceRuntime

/// The consents: which client each account has allowed to do what, at which services.
struct ConsentStore: Sendable {
    let codes: CodeStore

    private var database: SQLDatabase { codes.database }

    /// Whether a person has allowed a request before and need not be asked.
    ///
    /// A public client cannot prove that it is the same program, so it is never remembered (RFC 8252 §8.6).
    func covers(_ request: AuthorizationRequest, scope: Scope, of account: UUID) async throws -> Bool {
        let client = request.target.client
        guard !client.isPublic else { return false }
        return try await database.read { connection in
            try consents(of: account, client: client.id, in: connection).contains { consent in
                consent.covers(scope, request.audience)
            }
        }
    }

    /// Issues a code for a request that was allowed before. Nil when the account or the client was removed, or when what
    /// was allowed was taken back.
    ///
    /// - Parameter session: The session of the browser of the person.
    func issueCode(
        for request: AuthorizationRequest, scope: Scope, by session: Session, at now: Date
    ) async throws -> AuthorizationCode? {
        try await issueCode(request, scope, session, at: now) { connection in
            try consents(of: session.accountID, client: request.target.client.id, in: connection).contains {
                $0.covers(scope, request.audience)
            }
        }
    }

    /// Stores that a person allows a request, and issues a code for it. Nil when the account or the client was removed.
    ///
    /// - Parameter session: The session of the browser of the person.
    func allow(
        _ request: AuthorizationRequest, scope: Scope, by session: Session, at now: Date
    ) async throws -> AuthorizationCode? {
        let client = request.target.client.id
        return try await issueCode(request, scope, session, at: now) { connection in
            let older = try consents(of: session.accountID, client: client, in: connection)
            if !older.contains(where: { $0.covers(scope, request.audience) }) {
                let consent = Consent(scope: scope, audience: request.audience, allowedAt: now)
                try insert(consent, of: session.accountID, client: client, in: connection)
                for former in older where consent.covers(former.scope, former.audience) {
                    try delete(former, of: session.accountID, client: client, in: connection)
                }
            }
            return true
        }
    }

    /// Issues a code if `isAllowed` returns true.
    ///
    /// The account stays locked, so nobody takes back what it has allowed before the code is stored, and the code is then
    /// removed with it.
    private func issueCode(
        _ request: AuthorizationRequest, _ scope: Scope, _ session: Session, at now: Date,
        if isAllowed: @Sendable (Connection) throws -> Bool
    ) async throws -> AuthorizationCode? {
        let code = AuthorizationCode()
        do {
            return try await database.write { connection in
                guard try AccountTable.lock(session.accountID, in: connection), try isAllowed(connection) else {
                    return nil
                }
                try codes.insert(code, for: request, scope: scope, by: session, at: now, in: connection)
                return code
            }
        } catch let error as DatabaseError where error.code == .constraint {
            // An operator has removed the client since it was read.
            return nil
        }
    }

    /// The clients that an account has allowed, by name.
    func apps(of account: UUID) async throws -> [ConnectedApp] {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT DISTINCT c.id, c.name FROM consents a JOIN clients c ON c.id = a.client_id
                WHERE a.account_id = $1 ORDER BY c.name, c.id
                """, account)
            return try rows.compactMap { row in
                let (id, name): (String, String) = (try row["id"], try row["name"])
                let consents = try consents(of: account, client: id, in: connection)
                guard let name = ClientName(name), let first = consents.map(\.allowedAt).min() else { return nil }
                return ConnectedApp(
                    clientID: id, name: name, scope: consents.map(\.scope).reduce(Scope(names: [])) { $0.union($1) },
                    audience: Set(consents.flatMap(\.audience)).sorted(), allowedAt: first)
            }
        }
    }

    /// Takes back everything that an account has allowed a client, and ends its sessions at the client. Returns false when
    /// nothing was allowed.
    func remove(client: String, of account: UUID, at now: Date) async throws -> Bool {
        try await database.write { connection in
            guard try AccountTable.lock(account, in: connection) else { return false }
            let removed = try connection.execute(
                "DELETE FROM consents WHERE account_id = $1 AND client_id = $2", account, client)
            try codes.removeUnused(of: account, client: client, in: connection)
            try codes.sessions.endAll(of: account, atClient: client, at: now, in: connection)
            return removed > 0
        }
    }
}

extension ConsentStore {
    /// What a person has allowed a client at one time.
    private struct Consent {
        let scope: Scope
        let audience: [String]
        let allowedAt: Date

        /// Whether the consent includes a scope at all of these services.
        func covers(_ scope: Scope, _ audience: [String]) -> Bool {
            scope.names.allSatisfy(self.scope.names.contains) && audience.allSatisfy(self.audience.contains)
        }
    }

    private func consents(of account: UUID, client: String, in connection: Connection) throws -> [Consent] {
        try connection.query(
            "SELECT scope, audience, allowed_at FROM consents WHERE account_id = $1 AND client_id = $2", account, client
        ).map { row in
            let (scope, audience): (String, String) = (try row["scope"], try row["audience"])
            return Consent(
                scope: Scope(names: scope.split(separator: " ").map(String.init)),
                audience: audience.split(separator: " ").map(String.init), allowedAt: try row["allowed_at"])
        }
    }

    private func insert(_ consent: Consent, of account: UUID, client: String, in connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO consents (account_id, client_id, scope, audience, allowed_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
            """, account, client, consent.scope.text, consent.audience.joined(separator: " "), consent.allowedAt)
    }

    private func delete(_ consent: Consent, of account: UUID, client: String, in connection: Connection) throws {
        try connection.execute(
            "DELETE FROM consents WHERE account_id = $1 AND client_id = $2 AND scope = $3 AND audience = $4", account,
            client, consent.scope.text, consent.audience.joined(separator: " "))
    }
}
