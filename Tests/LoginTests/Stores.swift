import Database
import Foundation
import Foundation
import TestSupport
import Testing

@testable import LoginService

/// The stores of login on one database file.
struct Stores: Sendable {
    let folder: TemporaryFolder
    let database: SQLDatabase
    let revocations: RevocationLog
    let sessions: SessionStore
    let accounts: AccountStore

    /// - Parameters:
    ///   - folder: The folder of the database; nil for a new one.
    ///   - database: A database of the folder that is already open.
    init(
        in folder: TemporaryFolder? = nil, database: SQLDatabase? = nil,
        lifetimes: SessionLifetimes = SessionLifetimes(sessionSeconds: 1000, accessTokenSeconds: 600)
    ) throws {
        self.folder = try folder ?? TemporaryFolder()
        self.database = try database ?? self.folder.openDatabase()
        revocations = RevocationLog(database: self.database)
        sessions = SessionStore(database: self.database, revocations: revocations, lifetimes: lifetimes)
        accounts = AccountStore(database: self.database, sessions: sessions)
    }

    /// Creates the account of a customer whose password is `goodPassword`.
    func addAccount(_ name: String, cost: PasswordHash.Cost = .cheap) async throws -> Account {
        let hash = try PasswordHash(of: goodPassword.prepared, cost: cost)
        return try #require(
            try await accounts.create(name.username, password: hash, scope: .customer, at: TestClock().now))
    }
}

extension SessionStore {
    /// Renews a session without narrowing its scope.
    func renew(_ token: RefreshToken, at now: Date) async throws -> RenewalResult {
        try await renew(token, at: now) { RenewedAccess(scope: $0.scope, audience: $0.audience) }
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
