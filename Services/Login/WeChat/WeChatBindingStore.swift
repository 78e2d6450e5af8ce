import Database
import Foundation
import JWTAuth
import ServiceRuntime

/// The WeChat users that are bound to accounts. One user has one account, and one account has one user.
struct WeChatBindingStore: Sendable {
    /// The maximum number of register tokens of one user that are revoked at the same time.
    static let maximumRevokedTokens = 10

    let database: SQLDatabase
    let sessions: SessionStore
    let accounts: AccountStore
    let revocations: RevocationLog

    /// The account that a user is bound to; nil when the user is not bound.
    func account(of user: WeChatUser) async throws -> Account? {
        let row = try await database.read { connection in
            try connection.queryOne(
                """
                SELECT a.username FROM wechat_bindings b JOIN accounts a ON a.id = b.account_id
                WHERE b.openid_hash = $1
                """, user.hash)
        }
        guard let name: String = try row?["username"], let username = Username(name) else { return nil }
        return try await accounts.find(username)
    }

    /// Begins a session of an account for the user that is bound to it.
    ///
    /// Returns nil when the user is no longer bound to the account, or when the account was deleted, disabled, or given
    /// another password since it was read.
    func beginSession(
        of account: Account, for user: WeChatUser, scope: Scope, audience: [String], from client: ClientInfo,
        at now: Date
    ) async throws -> (Session, RefreshToken)? {
        let session = sessions.newSession(of: account, scope: scope, audience: audience, from: client, at: now)
        let token = RefreshToken()
        let isBegun = try await database.write { connection in
            guard
                try AccountTable.lock(account.id, passwordVersion: account.passwordVersion, in: connection),
                try Self.lockBinding(of: user, to: account.id, in: connection)
            else { return false }
            try sessions.insert(session, at: now, in: connection)
            try sessions.insert(token, of: session.id, at: now, in: connection)
            try connection.execute(
                "INSERT INTO wechat_sessions (session_id, account_id) VALUES ($1, $2)", session.id, account.id)
            return true
        }
        return isBegun ? (session, token) : nil
    }

    /// Locks the row of a binding, so its removal comes before this transaction or ends the session that it begins.
    private static func lockBinding(of user: WeChatUser, to account: UUID, in connection: Connection) throws -> Bool {
        try connection.execute(
            "UPDATE wechat_bindings SET created_at = created_at WHERE openid_hash = $1 AND account_id = $2", user.hash,
            account) == 1
    }

    /// The outcome of a binding.
    enum BindingResult: Sendable {
        case bound
        /// The user or the account is bound already.
        case alreadyBound
        /// The register token was used or revoked, or the account was changed since it was read.
        case denied
    }

    /// Binds the user of a register token to an account, and revokes the token.
    func bind(_ token: RegisterToken, to account: Account, at now: Date) async throws -> BindingResult {
        try await database.write { connection in
            guard try AccountTable.lock(account.id, passwordVersion: account.passwordVersion, in: connection),
                try !revocations.hasToken(token.id, in: connection)
            else { return .denied }
            let inserted = try connection.execute(
                """
                INSERT INTO wechat_bindings (openid_hash, account_id, created_at) VALUES ($1, $2, $3)
                ON CONFLICT DO NOTHING
                """, token.user.hash, account.id, now)
            guard inserted == 1 else { return .alreadyBound }
            try revocations.append(token.revocation, account: account.id, at: now, in: connection)
            return .bound
        }
    }

    /// Revokes a register token. A second call changes nothing.
    ///
    /// Register tokens are cheap, so many revoked ones could fill the list that every service keeps. Returns false, and
    /// changes nothing, when `maximumRevokedTokens` of the user are revoked already and have not expired.
    func revoke(_ token: RegisterToken, at now: Date) async throws -> Bool {
        guard try await !isRevoked(token.id) else { return true }
        let user = token.user.subject
        return try await database.write { connection in
            // A user without an account has no row to lock.
            try revocations.lock(in: connection)
            guard try !revocations.hasToken(token.id, in: connection) else { return true }
            guard try revocations.count(ofClient: user, at: now, in: connection) < Self.maximumRevokedTokens else {
                return false
            }
            try revocations.append(token.revocation, client: user, at: now, in: connection)
            return true
        }
    }

    /// Whether a register token was used or revoked.
    func isRevoked(_ token: String) async throws -> Bool {
        try await database.read { try revocations.hasToken(token, in: $0) }
    }

    /// Removes the binding of an account and ends the sessions that began with it. A second call changes nothing.
    func unbind(_ account: UUID, at now: Date) async throws {
        try await database.write { connection in
            try connection.execute("DELETE FROM wechat_bindings WHERE account_id = $1", account)
            let rows = try connection.query("SELECT session_id FROM wechat_sessions WHERE account_id = $1", account)
            try connection.execute("DELETE FROM wechat_sessions WHERE account_id = $1", account)
            try sessions.end(rows.map { try $0["session_id"] }, at: now, in: connection)
        }
    }
}
