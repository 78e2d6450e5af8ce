import Configuration
import Database
import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime
import TestSupport

@testable import LoginService

extension PasswordHash.Cost {
    /// Costs next to nothing, for tests of something else.
    static let cheap = Self(logN: 4, blockSize: 8, parallelism: 1)
}

let goodPassword = "an uncommon password"

struct Missing: Error {}

/// The value, or a failed test.
func present<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}

extension String {
    var username: Username { get throws { try present(Username(self)) } }
    var prepared: Password { get throws { try present(Password(self)) } }
}

extension TemporaryFolder {
    func openDatabase() throws -> SQLDatabase {
        try .open(DatabaseURL(databaseURL), migrations: Schema.migrations)
    }
}

/// The stores on a database file of their own.
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

    /// Makes the account of a customer, whose password is `goodPassword`.
    func addAccount(_ name: String, cost: PasswordHash.Cost = .cheap) async throws -> Account {
        let hash = try PasswordHash(of: goodPassword.prepared, cost: cost)
        return try present(
            await accounts.create(name.username, password: hash, scope: .customer, at: TestClock().now))
    }
}

/// Login as `main` builds it, but for what a password hash costs.
protocol TestedLogin: ServiceDefinition {
    static var passwordCost: PasswordHash.Cost { get }
}

extension TestedLogin {
    static var name: String { Login.name }
    static var defaultPort: Int { Login.defaultPort }

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        try await Login.buildApplication(reader: reader, clock: clock, passwordCost: passwordCost)
    }
}

/// Login with password hashes that cost next to nothing.
enum CheapLogin: TestedLogin {
    static let passwordCost = PasswordHash.Cost.cheap
}

typealias LoginUnderTest = ServiceUnderTest<CheapLogin>

// The requests of tests, whatever a hash costs.
extension ServiceUnderTest {
    func signUp(_ name: String, _ password: String = goodPassword) async throws -> ReceivedResponse {
        try await client.send(.post, "/signup", json: json(["username": name, "password": password]))
    }

    /// Signs in with a JSON body.
    func signIn(
        _ name: String, _ password: String = goodPassword, _ more: [String: String] = [:]
    ) async throws -> ReceivedResponse {
        try await token(
            ["grant_type": "password", "username": name, "password": password].merging(more) { $1 })
    }

    func refresh(_ token: String, _ more: [String: String] = [:]) async throws -> ReceivedResponse {
        try await self.token(["grant_type": "refresh_token", "refresh_token": token].merging(more) { $1 })
    }

    func token(_ parameters: [String: String]) async throws -> ReceivedResponse {
        try await client.send(.post, "/token", json: json(parameters))
    }

    /// Sends a form to the token endpoint.
    func form(_ body: String) async throws -> ReceivedResponse {
        try await client.send(
            .post, "/token", headers: [.contentType: "application/x-www-form-urlencoded"], json: body)
    }

    /// The rows of a query, asked over another connection.
    func rows(_ sql: String) async throws -> [Row] {
        let database = try folder.openDatabase()
        defer { try? database.close() }
        return try await database.read { try $0.query(sql) }
    }

    private func json(_ members: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
    }
}

/// A part of a token as JSON, read without our own decoder.
func segment(_ index: Int, of token: String) throws -> [String: Any] {
    let part = token.split(separator: ".", omittingEmptySubsequences: false)[index]
    let base64 = String(part).replacing("-", with: "+").replacing("_", with: "/")
    let padded = base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)
    let object = try JSONSerialization.jsonObject(with: present(Data(base64Encoded: padded)))
    return try present(object as? [String: Any])
}
