import Configuration
import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
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
    var databaseURL: String { "sqlite:\(path)/login.sqlite" }

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

/// A login service under test, with its clock and its database file.
struct LoginUnderTest: Sendable {
    let client: any TestClientProtocol
    let clock: TestClock
    let folder: TemporaryFolder

    /// Builds the service as `main` does, on a fresh database, and runs `body` against it.
    static func run(
        _ setup: TestingSetup = .router, _ environment: [String: String] = [:], cost: PasswordHash.Cost = .cheap,
        on folder: TemporaryFolder? = nil, _ body: @escaping @Sendable (LoginUnderTest) async throws -> Void
    ) async throws {
        let (clock, folder) = (TestClock(), try folder ?? TemporaryFolder())
        let environment = TokenMint.environment
            .merging(["DATABASE_URL": folder.databaseURL]) { $1 }.merging(environment) { $1 }
        let provider = EnvironmentVariablesProvider(environmentVariables: environment)
        let application = try await Login.buildApplication(
            reader: ConfigReader(provider: provider), clock: clock.clock, passwordCost: cost)
        try await application.test(setup) { client in
            try await body(LoginUnderTest(client: client, clock: clock, folder: folder))
        }
    }

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

extension ReceivedResponse {
    /// A member of the JSON body that is a string.
    subscript(_ name: String) -> String? { json[name] as? String }
}

/// A part of a token as JSON, read without our own decoder.
func segment(_ index: Int, of token: String) throws -> [String: Any] {
    let part = token.split(separator: ".", omittingEmptySubsequences: false)[index]
    let base64 = String(part).replacing("-", with: "+").replacing("_", with: "/")
    let padded = base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)
    let object = try JSONSerialization.jsonObject(with: present(Data(base64Encoded: padded)))
    return try present(object as? [String: Any])
}
