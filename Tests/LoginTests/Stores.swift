import Database
import TestSupport
import Testing

@testable import LoginService

/// The stores of login on their own database file.
struct Stores: Sendable {
    let folder: TemporaryFolder
    let database: SQLDatabase
    let accounts: AccountStore
    let sessions: SessionStore

    init(sessionLifetimeSeconds: Int = 1000, tokenSeconds: Int = 600) throws {
        folder = try TemporaryFolder()
        database = try folder.openDatabase()
        accounts = AccountStore(database: database)
        sessions = SessionStore(database: database, lifetimeSeconds: sessionLifetimeSeconds, tokenSeconds: tokenSeconds)
    }

    /// Creates the account of a customer whose password is `goodPassword`.
    func addAccount(_ name: String, cost: PasswordHash.Cost = .cheap) async throws -> Account {
        let hash = try PasswordHash(of: goodPassword.prepared, cost: cost)
        return try #require(
            try await accounts.create(name.username, password: hash, scope: .customer, at: TestClock().now))
    }
}

extension TemporaryFolder {
    /// Opens the database of a service under test whose folder this is.
    func openDatabase() throws -> SQLDatabase {
        try .open(DatabaseURL(databaseURL), migrations: Schema.migrations)
    }
}

/// An acceptable password.
let goodPassword = "an uncommon password"

extension PasswordHash.Cost {
    /// The least cost that scrypt allows, for tests of anything but hashing.
    static let cheap = Self(logN: 4, blockSize: 8, parallelism: 1)
}

extension String {
    var username: Username { get throws { try #require(Username(self)) } }
    var prepared: Password { get throws { try #require(Password(self)) } }
}
