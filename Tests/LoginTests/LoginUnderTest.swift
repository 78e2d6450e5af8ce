import Configuration
import Database
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport

@testable import LoginService

/// Login as `main` builds it, except for the cost of its password hashes.
protocol TestedLogin: ServiceDefinition {
    static var passwordCost: PasswordHash.Cost { get }
}

extension TestedLogin {
    static var name: String { Login.name }
    static var defaultPort: Int { Login.defaultPort }
    static var migrations: [Migration] { Login.migrations }

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        try await Login.buildApplication(reader: reader, clock: clock, passwordCost: passwordCost)
    }
}

/// Login with the cheapest password hashes.
enum CheapLogin: TestedLogin {
    static let passwordCost = PasswordHash.Cost.cheap
}

typealias LoginUnderTest = ServiceUnderTest<CheapLogin>

extension ServiceUnderTest {
    func signUp(_ name: String, _ password: String = goodPassword) async throws -> ReceivedResponse {
        try await client.send(.post, "/signup", json: json(["username": name, "password": password]))
    }

    /// Signs in with a JSON body, to which `parameters` are added.
    func signIn(
        _ name: String, _ password: String = goodPassword, _ parameters: [String: String] = [:]
    ) async throws -> ReceivedResponse {
        try await token(
            ["grant_type": "password", "username": name, "password": password].merging(parameters) { $1 })
    }

    /// Signs up and in.
    func signedUp(_ name: String = "alice") async throws -> ReceivedResponse {
        _ = try await signUp(name)
        return try await signIn(name)
    }

    func refresh(_ token: String, _ parameters: [String: String] = [:]) async throws -> ReceivedResponse {
        try await self.token(["grant_type": "refresh_token", "refresh_token": token].merging(parameters) { $1 })
    }

    /// Sends a JSON object to the token endpoint.
    func token(_ parameters: [String: String]) async throws -> ReceivedResponse {
        try await client.send(.post, "/token", json: json(parameters))
    }

    /// Sends a form to the token endpoint.
    func form(_ body: String) async throws -> ReceivedResponse {
        try await client.send(
            .post, "/token", headers: [.contentType: "application/x-www-form-urlencoded"], json: body)
    }

    func revoke(_ token: String, hint: String? = nil) async throws -> ReceivedResponse {
        try await client.send(
            .post, "/revoke", headers: [.contentType: "application/x-www-form-urlencoded"],
            json: "token=\(token)" + (hint.map { "&token_type_hint=\($0)" } ?? ""))
    }

    func introspect(_ token: String, by service: String = "orders") async throws -> ReceivedResponse {
        try await client.send(
            .post, "/introspect", token: serviceToken("tokens:introspect", .post, "/introspect", by: service),
            json: json(["token": token]))
    }

    func deleteAccount(_ token: String, password: String) async throws -> ReceivedResponse {
        try await client.send(.delete, "/me", token: token, json: json(["password": password]))
    }

    /// The status of `GET /me`, which is 401 if the token is rejected.
    func me(_ token: String?) async throws -> Int {
        try await client.send(.get, "/me", token: token).status
    }

    /// The rows of a query over another connection than that of the service.
    func rows(_ sql: String) async throws -> [Row] {
        let database = try folder.openDatabase()
        defer { try? database.close() }
        return try await database.read { try $0.query(sql) }
    }

    private func json(_ members: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
    }
}
