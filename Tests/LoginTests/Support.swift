import Configuration
import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import ServiceRuntime
import Synchronization

@testable import LoginService

extension PasswordHash.Cost {
    /// Costs next to nothing, for tests of something else.
    static let cheap = Self(logN: 4, blockSize: 8, parallelism: 1)
}

/// A clock that stands still until it is moved.
final class MovingClock: Sendable {
    private let moment = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { moment.withLock { $0 } }
    var wall: WallClock { WallClock { self.now } }

    func advance(seconds: Double) {
        moment.withLock { $0 += seconds }
    }
}

/// A folder that is removed with its content when the last reference to it goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("login-tests-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

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

    init(sessionLifeSeconds: Int = 1000) throws {
        folder = try TemporaryFolder()
        database = try folder.openDatabase()
        accounts = AccountStore(database: database)
        sessions = SessionStore(database: database, lifeSeconds: sessionLifeSeconds)
    }

    /// Makes an account whose password is `password`.
    func addAccount(_ name: String, password: String = goodPassword, cost: PasswordHash.Cost = .cheap) async throws -> Account {
        let hash = try PasswordHash(of: try password.prepared, cost: cost)
        let account = try await accounts.create(try name.username, password: hash, scope: .customer, at: MovingClock().now)
        return try present(account)
    }
}

let goodPassword = "an uncommon password"
let secret = "0123456789abcdef-0123456789abcdef"

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

/// A running login service, its clock and its database.
struct LoginUnderTest: Sendable {
    let client: any TestClientProtocol
    let clock: MovingClock
    let folder: TemporaryFolder

    /// Runs the service that `main` would run, on a fresh database.
    static func run(
        _ setup: TestingSetup = .router, _ environment: [String: String] = [:], cost: PasswordHash.Cost = .cheap,
        _ body: @Sendable (LoginUnderTest) async throws -> Void
    ) async throws {
        let (clock, folder) = (MovingClock(), try TemporaryFolder())
        let defaults = [
            "PORT": "0", "LOG_LEVEL": "critical", "JWT_SECRET": secret, "DATABASE_URL": folder.databaseURL,
        ]
        let provider = EnvironmentVariablesProvider(environmentVariables: defaults.merging(environment) { $1 })
        let application = try await Login.buildApplication(
            reader: ConfigReader(provider: provider), clock: clock.wall, passwordCost: cost)
        try await application.test(setup) { client in
            try await body(LoginUnderTest(client: client, clock: clock, folder: folder))
        }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, type: String? = nil, _ body: String = "", bearer: String? = nil
    ) async throws -> Answer {
        try await send(method, path, type: type, Array(body.utf8), bearer: bearer)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, type: String?, _ body: [UInt8], bearer: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.contentType] = type
        headers[.authorization] = bearer.map { "Bearer \($0)" }
        let response = try await client.execute(
            uri: path, method: method, headers: headers, body: ByteBuffer(bytes: body))
        return Answer(response)
    }

    func signUp(_ name: String, _ password: String = goodPassword) async throws -> Answer {
        try await send(
            .post, "/signup", type: "application/json", try json(["username": name, "password": password]))
    }

    /// Asks for a token with a JSON body.
    func token(_ parameters: [String: String]) async throws -> Answer {
        try await send(.post, "/token", type: "application/json", try json(parameters))
    }

    func signIn(_ name: String, _ password: String = goodPassword, _ more: [String: String] = [:]) async throws -> Answer {
        let parameters = ["grant_type": "password", "username": name, "password": password]
        return try await token(parameters.merging(more) { $1 })
    }

    func refresh(_ token: String, _ more: [String: String] = [:]) async throws -> Answer {
        try await self.token(["grant_type": "refresh_token", "refresh_token": token].merging(more) { $1 })
    }

    func rows(_ sql: String, _ values: any Storable...) async throws -> Int {
        let database = try folder.openDatabase()
        defer { try? database.close() }
        return try await database.read { connection in try connection.query(sql).count }
    }

    private func json(_ members: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
    }
}

/// What the service answered.
struct Answer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let body: String

    init(_ response: TestResponse) {
        status = response.status
        headers = response.headers
        body = String(buffer: response.body)
    }

    /// A member of the JSON body, when it is a string or a number.
    subscript(_ name: String) -> String? {
        let members = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        switch members?[name] {
        case let text as String: return text
        case let number as NSNumber: return number.stringValue
        default: return nil
        }
    }

    func text(_ name: String) throws -> String {
        try present(self[name])
    }
}

/// The claims of a token, read without our own decoder.
func claims(of token: String) throws -> [String: any Sendable] {
    try segment(1, of: token)
}

func segment(_ index: Int, of token: String) throws -> [String: any Sendable] {
    let part = token.split(separator: ".", omittingEmptySubsequences: false)[index]
    let base64 = part.replacing("-", with: "+").replacing("_", with: "/")
    let padded = base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)
    let object = try JSONSerialization.jsonObject(with: try present(Data(base64Encoded: padded)))
    return try present(object as? [String: any Sendable])
}
