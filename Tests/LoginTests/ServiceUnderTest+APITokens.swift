import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing

@testable import LoginService

/// The body of the responses that describe an API token.
struct ReceivedAPIToken: Decodable {
    let id, name, scope, createdAt: String
    let token, expiresAt: String?
}

/// The body of `GET /api-tokens`.
struct ReceivedAPITokens: Decodable {
    let apiTokens: [ReceivedAPIToken]
}

extension ServiceUnderTest {
    func createAPIToken(_ accessToken: String?, json: String = #"{"name":"backup"}"#) async throws -> ReceivedResponse {
        try await client.send(.post, "/api-tokens", token: accessToken, json: json)
    }

    /// Creates an API token and returns its secret.
    func apiToken(_ accessToken: String, json: String = #"{"name":"backup"}"#) async throws -> String {
        try #require(try await createAPIToken(accessToken, json: json)["token"])
    }

    /// The API tokens that `GET /api-tokens` lists.
    func apiTokens(_ accessToken: String) async throws -> [ReceivedAPIToken] {
        try await client.send(.get, "/api-tokens", token: accessToken).decoded(as: ReceivedAPITokens.self).apiTokens
    }

    func deleteAPIToken(_ id: String, _ accessToken: String) async throws -> Int {
        try await client.send(.delete, "/api-tokens/\(id)", token: accessToken).status
    }

    /// Whether a service that introspects a token learns that it is active.
    func isActive(_ token: String) async throws -> Bool {
        try await introspect(token).json["active"] as? Bool == true
    }
}
