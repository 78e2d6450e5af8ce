import Database
import Foundation
import ServiceRuntime

/// Someone who can sign in.
struct Account: Sendable, Equatable {
    let id: UUID
    let username: String
    /// All that its tokens may allow, in the order in which it was granted.
    let scope: Scope
    let isDisabled: Bool
    /// How often the password was changed.
    let passwordVersion: Int
}

/// The accounts, their password hashes and what is granted to them.
struct AccountStore: Sendable {
    /// The most that can be granted to one account, as the text of a scope, in bytes: with more, a token that carries all
    /// of it could outgrow the 700 bytes that headers have room for.
    static let maxScopeBytes = 100

    let database: SQLDatabase
    /// Rung when revocations were appended.
    var bell = RevocationNotifier()

    /// An account and what its password is checked against.
    struct Credentials: Sendable {
        let account: Account
        let hash: PasswordHash
    }

    /// The stored password of an account is no PHC string of scrypt's.
    struct DamagedHash: Error {
        let account: UUID
    }

    /// What granting came to.
    enum GrantResult: Sendable, Equatable {
        case granted(Account)
        /// The account would have more than `maxScopeBytes`; nothing was changed.
        case tooMuch
    }

    /// Makes an account. Nil when the name is taken.
    func create(
        _ username: Username, password: PasswordHash, scope: Scope, at now: Date
    ) async throws -> Account? {
        let account = Account(
            id: .version7(at: now), username: username.text, scope: scope, isDisabled: false, passwordVersion: 0)
        let isNew = try await database.write { connection in
            let inserted = try connection.execute(
                """
                INSERT INTO accounts (id, username, password, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (username) DO NOTHING
                """, account.id, username.text, password.description, now.milliseconds)
            guard inserted == 1 else { return false }
            try Self.insert(scope, for: account.id, in: connection)
            return true
        }
        return isNew ? account : nil
    }

    /// Whether the name is taken: cheaper than hashing a password for it.
    func exists(_ username: Username) async throws -> Bool {
        try await database.read { connection in
            try connection.queryOne("SELECT id FROM accounts WHERE username = $1", username.text) != nil
        }
    }

    func find(_ username: Username) async throws -> Account? {
        try await database.read { try Self.account(named: username, in: $0) }
    }

    /// The account with this name and the hash of its password. Nil when there is none.
    func credentials(of username: Username) async throws -> Credentials? {
        try await database.read { connection in
            guard let account = try Self.account(named: username, in: connection),
                let row = try connection.queryOne("SELECT password FROM accounts WHERE id = $1", account.id)
            else { return nil }
            guard let hash = PasswordHash(phc: try row["password"]) else { throw DamagedHash(account: account.id) }
            return Credentials(account: account, hash: hash)
        }
    }

    /// All accounts, by name.
    func list() async throws -> [Account] {
        try await database.read { connection in
            try connection.query("SELECT username FROM accounts ORDER BY username").compactMap { row in
                try Username(row["username"]).flatMap { try Self.account(named: $0, in: connection) }
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

    /// Stores the hash of another password and ends all sessions of the account. False when it is gone, was disabled, or
    /// had its password changed since it was looked up.
    func changePassword(of account: Account, to hash: PasswordHash, at now: Date) async throws -> Bool {
        try await database.write(ringing: bell) { connection in
            let changed = try connection.execute(
                """
                UPDATE accounts SET password = $1, password_version = password_version + 1
                WHERE id = $2 AND password_version = $3 AND disabled_at IS NULL
                """, hash.description, account.id, account.passwordVersion)
            guard changed == 1 else { return false }
            try SessionStore.endAll(of: account.id, at: now, in: connection)
            return true
        }
    }

    /// Removes an account with all that belongs to it here, and ends its sessions. Doing it twice is the same as once.
    ///
    /// The name becomes free: everything that other services keep belongs to the id, which is never given again, and to
    /// keep the name would be to keep something of someone who wants to be forgotten.
    func delete(_ account: UUID, at now: Date) async throws {
        try await database.write(ringing: bell) { connection in
            try SessionStore.endTogether(of: account, at: now, in: connection)
            try connection.execute("DELETE FROM accounts WHERE id = $1", account)
        }
    }

    /// Lets the account have `scope` besides what it has. Nil when there is no such account.
    func grant(_ scope: Scope, to username: Username) async throws -> GrantResult? {
        try await database.write { connection in
            guard let account = try Self.account(named: username, in: connection) else { return nil }
            guard account.scope.union(scope).text.utf8.count <= Self.maxScopeBytes else { return .tooMuch }
            try Self.insert(scope, for: account.id, in: connection)
            return try Self.account(named: username, in: connection).map(GrantResult.granted)
        }
    }

    /// Takes `scope` from the account. Nil when there is no such account.
    func revoke(_ scope: Scope, from username: Username) async throws -> Account? {
        try await database.write { connection in
            guard let account = try Self.account(named: username, in: connection) else { return nil }
            for name in scope.names {
                try connection.execute("DELETE FROM grants WHERE account_id = $1 AND scope = $2", account.id, name)
            }
            return try Self.account(named: username, in: connection)
        }
    }

    /// Shuts the account out, and ends its sessions, or lets it in again. Nil when there is no such account.
    func setDisabled(_ isDisabled: Bool, _ username: Username, at now: Date) async throws -> Account? {
        try await database.write(ringing: bell) { connection in
            let changed = try connection.execute(
                "UPDATE accounts SET disabled_at = $1 WHERE username = $2",
                isDisabled ? now.milliseconds : nil, username.text)
            guard changed == 1, let account = try Self.account(named: username, in: connection) else { return nil }
            if isDisabled { try SessionStore.endTogether(of: account.id, at: now, in: connection) }
            return account
        }
    }

    private static func account(named username: Username, in connection: Connection) throws -> Account? {
        let row = try connection.queryOne(
            "SELECT id, disabled_at, password_version FROM accounts WHERE username = $1", username.text)
        guard let row else { return nil }
        let id: UUID = try row["id"]
        let disabledAt: Int? = try row["disabled_at"]
        let scope = try grants(of: id, in: connection)
        return Account(
            id: id, username: username.text, scope: scope, isDisabled: disabledAt != nil,
            passwordVersion: try row["password_version"])
    }

    /// What an account may do at this moment.
    static func grants(of account: UUID, in connection: Connection) throws -> Scope {
        let rows = try connection.query(
            "SELECT scope FROM grants WHERE account_id = $1 ORDER BY place, scope", account)
        return Scope(names: try rows.map { try $0["scope"] })
    }

    private static func insert(_ scope: Scope, for account: UUID, in connection: Connection) throws {
        for name in scope.names {
            try connection.execute(
                """
                INSERT INTO grants (account_id, scope, place)
                SELECT $1, $2, coalesce(max(place), 0) + 1 FROM grants WHERE account_id = $1
                ON CONFLICT (account_id, scope) DO NOTHING
                """, account, name)
        }
    }
}
