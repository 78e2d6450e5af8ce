// Accounts: sign-up, the check of names and passwords at a sign-in, and changes of an account by its owner or an
// operator. This is a separate folder because an account outlives its sessions. The account store calls the session
// store to end the sessions of an account that is disabled, deleted or given another password.

import Database
import Foundation
import ServiceRuntime

/// The accounts, their password hashes and the scopes that are granted to them.
struct AccountStore: Sendable {
    /// The maximum size of the scope of one account, as text, in bytes. An access token with a longer scope could
    /// exceed the 700 bytes that fit into a header field.
    static let maximumScopeBytes = 100

    let database: SQLDatabase
    let sessions: SessionStore

    /// An account and the hash that its password is checked against.
    struct Credentials: Sendable {
        let account: Account
        let hash: PasswordHash
    }

    /// The outcome of granting a scope.
    enum GrantResult: Sendable, Equatable {
        case granted(Account)
        case noAccount
        /// The scope of the account would exceed `maximumScopeBytes`; nothing was changed.
        case scopeTooLong
    }

    /// Creates an account. Returns nil when the name is taken.
    ///
    /// - Parameter client: The client that the account knows from the beginning; nil for none.
    func create(
        _ username: Username, password: PasswordHash, scope: Scope, from client: SignInClient? = nil, at now: Date
    ) async throws -> Account? {
        let account = Account(
            id: .version7(at: now), username: username.text, scope: scope, isDisabled: false, passwordVersion: 0)
        let isNew = try await database.write { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO accounts (id, username, password, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (username) DO NOTHING
                """, account.id, username.text, password.description, now)
            guard inserted == 1 else { return false }
            try GrantTable.insert(scope, for: account.id, in: connection)
            if let client { try KnownClientStore.insert(client, of: account.id, at: now, in: connection) }
            return true
        }
        return isNew ? account : nil
    }

    /// Whether the name is taken. This check avoids the cost of hashing a password for a taken name.
    func exists(_ username: Username) async throws -> Bool {
        try await database.read { connection in
            try connection.queryOne("SELECT id FROM accounts WHERE username = $1", username.text) != nil
        }
    }

    /// The account with this name; nil when there is none.
    func find(_ username: Username) async throws -> Account? {
        try await database.read { try account(named: username, in: $0) }
    }

    /// The account with this name and the hash of its password; nil when there is none.
    ///
    /// - Throws: `UnreadablePasswordHash`; errors of the database.
    func credentials(of username: Username) async throws -> Credentials? {
        try await database.read { connection in
            guard let account = try account(named: username, in: connection),
                let row = try connection.queryOne("SELECT password FROM accounts WHERE id = $1", account.id)
            else { return nil }
            guard let hash = PasswordHash(phc: try row["password"]) else {
                throw UnreadablePasswordHash(account: account.id)
            }
            return Credentials(account: account, hash: hash)
        }
    }

    /// All accounts, by name.
    func list() async throws -> [Account] {
        try await database.read { connection in
            try connection.query("SELECT username FROM accounts ORDER BY username").compactMap { row in
                try Username(row["username"]).flatMap { try account(named: $0, in: connection) }
            }
        }
    }

    /// Stores another hash of the same password, unless the password was changed in the meantime.
    func replaceHash(of account: UUID, from old: PasswordHash, with new: PasswordHash) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE accounts SET password = $1 WHERE id = $2 AND password = $3", new.description, account,
                old.description)
        }
    }

    /// Stores the hash of another password, ends all sessions of the account, and deletes its API tokens.
    ///
    /// Returns false when the account was deleted, disabled, or given another password since it was read.
    func changePassword(of account: Account, to hash: PasswordHash, at now: Date) async throws -> Bool {
        try await database.write { connection in
            let changed = try connection.execute(
                """
                UPDATE accounts SET password = $1, password_version = password_version + 1
                WHERE id = $2 AND password_version = $3 AND disabled_at IS NULL
                """, hash.description, account.id, account.passwordVersion)
            guard changed == 1 else { return false }
            try APITokenStore.deleteAll(of: account.id, in: connection)
            try sessions.endAll(of: account.id, at: now, in: connection)
            return true
        }
    }

    /// Deletes an account with everything that this service stores about it, and ends its sessions. A second call
    /// changes nothing.
    ///
    /// Another account may then take the name, because a stored name is personal data of the former owner. Other
    /// services store the id, which no other account ever gets.
    func delete(_ account: UUID, at now: Date) async throws {
        try await database.write { connection in
            // Lock the account first, also when it is disabled: no session may begin meanwhile.
            try connection.execute("UPDATE accounts SET password_version = password_version WHERE id = $1", account)
            let revocation = try sessions.endTogether(of: account, at: now, in: connection)
            try connection.execute("DELETE FROM accounts WHERE id = $1", account)
            if let revocation { try sessions.revocations.append(revocation, at: now, in: connection) }
        }
    }

    /// Grants `scope` to an account in addition to the scope that it has.
    func grant(_ scope: Scope, to username: Username) async throws -> GrantResult {
        try await database.write { connection in
            guard let account = try lockedAccount(named: username, in: connection) else { return .noAccount }
            guard account.scope.union(scope).text.utf8.count <= Self.maximumScopeBytes else { return .scopeTooLong }
            try GrantTable.insert(scope, for: account.id, in: connection)
            return try self.account(named: username, in: connection).map(GrantResult.granted) ?? .noAccount
        }
    }

    /// Revokes `scope` of an account. Returns nil when there is no such account.
    func revoke(_ scope: Scope, from username: Username) async throws -> Account? {
        try await database.write { connection in
            guard let account = try account(named: username, in: connection) else { return nil }
            try GrantTable.delete(scope, of: account.id, in: connection)
            return try self.account(named: username, in: connection)
        }
    }

    /// Disables an account and ends its sessions, or enables it. Returns nil when there is no such account.
    func setDisabled(_ isDisabled: Bool, _ username: Username, at now: Date) async throws -> Account? {
        try await database.write { connection in
            let changed = try connection.execute(
                "UPDATE accounts SET disabled_at = $1 WHERE username = $2", isDisabled ? now : nil, username.text)
            guard changed == 1, let account = try account(named: username, in: connection) else { return nil }
            if isDisabled, let revocation = try sessions.endTogether(of: account.id, at: now, in: connection) {
                try sessions.revocations.append(revocation, at: now, in: connection)
            }
            return account
        }
    }

    /// The account with this name, which no other transaction can change until this one ends.
    private func lockedAccount(named username: Username, in connection: Connection) throws -> Account? {
        try connection.execute(
            "UPDATE accounts SET password_version = password_version WHERE username = $1", username.text)
        return try account(named: username, in: connection)
    }

    private func account(named username: Username, in connection: Connection) throws -> Account? {
        let row = try connection.queryOne(
            "SELECT id, disabled_at, password_version FROM accounts WHERE username = $1", username.text)
        guard let row else { return nil }
        let (id, disabledAt): (UUID, Date?) = (try row["id"], try row["disabled_at"])
        return Account(
            id: id, username: username.text, scope: try GrantTable.scope(of: id, in: connection),
            isDisabled: disabledAt != nil, passwordVersion: try row["password_version"])
    }
}

/// The stored password hash of an account is not a PHC string of scrypt.
struct UnreadablePasswordHash: Error, CustomStringConvertible {
    let account: UUID

    var description: String {
        """
        The password hash of the account \(account.lowercase) is not a PHC string of scrypt. Restore the row of the table \
        accounts from a backup, or delete it.
        """
    }
}
