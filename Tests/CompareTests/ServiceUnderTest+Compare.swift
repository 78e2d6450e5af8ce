import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

/// The credentials of the one account that `StubLogin` knows, for one mechanism.
enum Credentials: String, CaseIterable, Sendable {
    case basic, session, token, jwt

    /// The mechanisms that ask login.
    static let asking: [Credentials] = [.basic, .session, .token]

    var path: String { "/\(rawValue)/notes" }

    /// The challenge of a response that rejects the credentials.
    var challenge: String? {
        switch self {
        case .basic: #"Basic realm="compare", charset="UTF-8""#
        case .session: nil
        case .token: "Token"
        case .jwt: #"Bearer realm="compare""#
        }
    }
}

extension ServiceUnderTest<Compare> {
    /// The header fields with valid credentials. Those of a session name the origin that the service allows.
    func headers(_ credentials: Credentials, account: String = StubLogin.account) throws -> HTTPFields {
        switch credentials {
        case .basic: [.authorization: basic("alice:\(StubLogin.password)")]
        case .session: [.cookie: "hallpass=\(StubLogin.cookie)", .origin: "http://localhost:8080"]
        case .token: [.authorization: "Token \(StubLogin.apiToken)"]
        case .jwt:
            [
                .authorization:
                    "Bearer \(try tokens.user(#require(UUID(uuidString: account)), audience: "compare", scope: ""))"
            ]
        }
    }

    /// The field `Authorization` of a name and a password.
    func basic(_ text: String) -> String { "Basic \(Data(text.utf8).base64EncodedString())" }

    func list(_ credentials: Credentials, _ headers: HTTPFields? = nil) async throws -> ReceivedResponse {
        try await client.send(.get, credentials.path, headers: headers ?? self.headers(credentials))
    }

    func add(_ text: String, _ credentials: Credentials, _ headers: HTTPFields? = nil) async throws -> ReceivedResponse
    {
        let json = String(decoding: try JSONEncoder().encode(["text": text]), as: UTF8.self)
        return try await client.send(.post, credentials.path, headers: headers ?? self.headers(credentials), json: json)
    }
}

extension ReceivedResponse {
    /// The texts of the notes of a list.
    var texts: [String] { (json["notes"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String } }

    /// The number of calls of login that `Server-Timing` reports; nil when the field is missing or malformed.
    var callsOfLogin: Int? {
        headers[.serverTiming]?
            .wholeMatch(of: /auth;dur=\d+\.\d{3}, login;dur=\d+\.\d{3};desc="(\d+)"/)
            .flatMap { Int($0.1) }
    }
}

/// Runs compare on a socket, with a stub of login.
func withCompare(
    environment: [String: String] = [:],
    _ body: @Sendable @escaping (ServiceUnderTest<Compare>, StubLogin) async throws -> Void
) async throws {
    let login = StubLogin()
    try await login.run { url in
        try await ServiceUnderTest<Compare>.run(
            .live, environment: ["LOGIN_URL": url].merging(environment) { $1 }
        ) { try await body($0, login) }
    }
}
