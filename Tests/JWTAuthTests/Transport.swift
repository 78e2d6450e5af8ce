import HTTPTypes
import HummingbirdTesting
import TestSupport

/// The two ways in which a request carries an access token. Both must be treated in the same way.
enum Transport: String, CaseIterable, Sendable {
    case header
    case cookie

    /// The environment of a service that accepts this transport.
    var environment: [String: String] {
        self == .cookie ? ["TOKEN_COOKIE": "on", "CORS_ORIGINS": "https://shop.example"] : [:]
    }

    /// Sends a request with a token.
    func send(
        _ path: String, method: HTTPRequest.Method = .get, token: String, to client: any TestClientProtocol
    ) async throws -> ReceivedResponse {
        switch self {
        case .header: try await client.send(method, path, token: token)
        case .cookie:
            try await client.send(
                method, path, headers: [.cookie: "access_token=\(token)", .origin: "https://shop.example"])
        }
    }
}
