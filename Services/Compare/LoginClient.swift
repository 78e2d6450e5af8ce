import CurlClient
import Foundation
import HTTPTypes
import JWTAuth
import Logging
import ServiceRuntime

/// A client of the service `login`, which identifies the caller of a request.
///
/// The mechanisms that use it are down when login is down.
struct LoginClient: Sendable {
    /// The time limit of a call. Login may need some seconds for a password while many people sign in.
    static let deadline = Duration.seconds(5)

    private let service: ServiceClient
    /// A connection may close while a request is sent on it. Both calls may be repeated, because neither changes
    /// anything but the count of failed sign-ins.
    private static let maximumAttempts = 2

    init(_ service: ServiceClient) {
        self.service = service
    }

    /// The result of identifying the credentials.
    enum Identification: Sendable {
        /// The id of the account.
        case account(String)
        case unknown
    }

    /// The account that a user name and a password belong to.
    ///
    /// - Parameter address: The IP address of the client.
    /// - Throws: `Problem` with 429 after too many failures, with 503 when login does not tell.
    func verify(username: String, password: String, address: String) async throws -> Identification {
        let response = try await send(
            "/passwords/verify", scope: "passwords:verify",
            PasswordCheckRequest(username: username, password: password, address: address))
        switch response.status {
        case .ok: return .account(try Self.account(Self.decode(PasswordCheckResponse.self, response).account_id))
        case .forbidden: return .unknown
        case .tooManyRequests:
            let seconds = response.headers[.retryAfter].flatMap { Int($0) } ?? 1
            throw Problem(
                .tooManyRequests, code: "too_many_attempts",
                detail: "There were too many failed attempts. Try again in \(seconds) s.",
                headers: [.retryAfter: String(seconds)])
        default: throw Self.unexpected(response)
        }
    }

    /// The kinds of credentials that login introspects.
    enum Credential: String {
        case apiToken = "Token"
        case session = "Session"

        var scope: String { self == .session ? "sessions:introspect" : "tokens:introspect" }
        var hint: String? { self == .session ? "session" : nil }
    }

    /// The account that a token or a cookie belongs to (RFC 7662).
    ///
    /// - Throws: `Problem` with 503 when login does not tell.
    func introspect(_ text: String, as credential: Credential) async throws -> Identification {
        let response = try await send(
            "/introspect", scope: credential.scope,
            IntrospectionRequest(token: text, token_type_hint: credential.hint))
        guard response.status == .ok else { throw Self.unexpected(response) }
        let introspection = try Self.decode(IntrospectionResponse.self, response)
        guard introspection.active, introspection.token_type == credential.rawValue, let account = introspection.sub
        else { return .unknown }
        return .account(try Self.account(account))
    }

    /// The id of an account in a response of login.
    private static func account(_ id: String) throws -> String {
        guard UUID(lowercase: id) != nil else { throw unavailable("login sent an id that no account has") }
        return id
    }

    private func send(_ path: String, scope: String, _ body: some Encodable) async throws -> HTTPClient.Response {
        let json = try JSONBodyEncoder.bytes(of: body)
        var attempt = 1
        while true {
            do {
                return try await AuthenticationTiming.measuringCall {
                    try await service.send(.post, path, scope: scope, json: json)
                }
            } catch let error as HTTPClientError where error.code == .cancelled {
                throw CancellationError()
            } catch let error as HTTPClientError {
                guard error.code == .connectionLost, attempt < Self.maximumAttempts else {
                    throw Self.unavailable("\(error)")
                }
                attempt += 1
            }
        }
    }

    private static func decode<Body: Decodable>(_ type: Body.Type, _ response: HTTPClient.Response) throws -> Body {
        guard let body = try? JSONDecoder().decode(type, from: Data(response.body)) else {
            throw unavailable("login sent an unexpected body")
        }
        return body
    }

    private static func unexpected(_ response: HTTPClient.Response) -> Problem {
        unavailable("login responded with \(response.status.code)")
    }

    /// 503: login did not tell who the caller is. Only the log has the reason.
    private static func unavailable(_ reason: String) -> Problem {
        Logger.current.warning("Login did not identify a caller.", metadata: ["reason": "\(reason)"])
        return .unavailable(code: "login_unavailable", "The service cannot ask login who you are. Try again.")
    }
}

// MARK: - Bodies

extension LoginClient {
    private struct PasswordCheckRequest: Encodable {
        let username, password, address: String
    }

    private struct PasswordCheckResponse: Decodable {
        let account_id: String
    }

    private struct IntrospectionRequest: Encodable {
        let token: String
        let token_type_hint: String?
    }

    private struct IntrospectionResponse: Decodable {
        let active: Bool
        let token_type: String?
        let sub: String?
    }
}
