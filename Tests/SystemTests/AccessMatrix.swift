import Foundation
import HTTPTypes
import JWT
import TestSupport

/// Requests of every documented operation with each kind of token and each scope. The documents of the services alone say
/// which of them must be accepted.
struct AccessMatrix: Sendable {
    /// The way in which an access token travels.
    enum Transport: String, CaseIterable, Sendable {
        case header
        case cookie

        /// The environment of services that accept this transport.
        var environment: [String: String] { self == .cookie ? ["TOKEN_COOKIE": "on"] : [:] }
        /// The security scheme of access tokens.
        var scheme: String { self == .cookie ? "cookieToken" : "userToken" }
    }

    /// What a request carries.
    enum Credential: Sendable {
        case none
        case invalid
        case user(scopes: [String])
        case service(name: String, scopes: [String])
        case link
    }

    /// What the document promises for a request.
    enum Expectation: Sendable {
        case accepted
        /// 401 with a challenge for a bearer token.
        case unauthorized(code: String)
        /// 401 with any code: the operation takes no bearer token.
        case otherCredentials
        case forbidden(scope: String)
    }

    let cluster: Cluster
    let transport: Transport
    let operations: [DocumentedOperation]
    private let holder: SecretHolder
    private let scopes: [String]

    private static let bearerSchemes = ["userToken", "serviceToken", "linkToken"]

    /// The service whose tokens all routes for services accept, and a name that none accepts.
    private static let (caller, stranger) = ("orders", "stranger")

    init(_ cluster: Cluster, _ transport: Transport) async throws {
        self.cluster = cluster
        self.transport = transport
        operations = try await DocumentedOperation.all(of: cluster)
        holder = try SecretHolder(cluster)
        scopes = Set(operations.flatMap { $0.security.flatMap { $0.values.flatMap(\.self) } }).sorted()
    }

    /// Sends all requests.
    ///
    /// - Returns: Their number, and a sentence for each response that contradicts the document.
    func run() async throws -> (count: Int, differences: [String]) {
        var (count, differences) = (0, [String]())
        for operation in operations {
            var session = try await cluster.token("alice")
            for credential in credentials {
                count += 1
                let response = try await send(credential, to: operation, session)
                let expected = try expectation(of: operation, credential, in: session)
                if let difference = expected.difference(from: response, realm: operation.service.rawValue) {
                    differences.append("\(operation) with \(credential): \(difference)")
                }
                // The request may have ended the session, as a logout does.
                let isEnding = operation.service == .login && operation.isUnsafe && response.status < 300
                if isEnding { session = try await cluster.token("alice") }
            }
        }
        return (count, differences)
    }

    private var credentials: [Credential] {
        let sets = [[]] + scopes.map { [$0] } + [scopes]
        return [.none, .invalid, .link, .service(name: Self.stranger, scopes: scopes)]
            + sets.map { .user(scopes: $0) } + sets.map { .service(name: Self.caller, scopes: $0) }
    }

    private func expectation(
        of operation: DocumentedOperation, _ credential: Credential, in session: String
    ) throws -> Expectation {
        if operation.isPublic { return .accepted }
        guard Self.bearerSchemes.contains(where: operation.accepts) else { return .otherCredentials }
        let (invalid, missing): (Expectation, Expectation) =
            (.unauthorized(code: "invalid_token"), .unauthorized(code: "missing_token"))
        // A route for links ignores the cookie.
        let ignoresCookie = transport == .cookie && operation.accepts("linkToken")
        switch credential {
        case .none: return missing
        case .invalid: return ignoresCookie ? missing : invalid
        case .user(let scopes):
            guard operation.accepts(transport.scheme) else { return ignoresCookie ? missing : invalid }
            if operation.requiresWholeScope { return try Self.expectation(ofWholeScope: session, scopes) }
            return Self.expectation(operation.scopes(for: transport.scheme), scopes)
        case .service(Self.caller, let scopes):
            guard operation.accepts("serviceToken") else { return invalid }
            return Self.expectation(operation.scopes(for: "serviceToken"), scopes)
        case .service: return invalid
        case .link: return operation.accepts("linkToken") ? .accepted : missing
        }
    }

    /// A token is accepted if it meets one of the alternatives. The response names what the first of them lacks.
    private static func expectation(_ alternatives: [[String]], _ scopes: [String]) -> Expectation {
        let missing = alternatives.map { required in required.first { !scopes.contains($0) } }
        guard let first = missing.first.flatMap(\.self), !missing.contains(nil) else { return .accepted }
        return .forbidden(scope: first)
    }

    /// A token is accepted if it has all scopes of the token of its session. The response names all that it lacks.
    private static func expectation(ofWholeScope session: String, _ scopes: [String]) throws -> Expectation {
        let whole = try InspectedToken(inspecting: session).payload["scope"]?.string ?? ""
        let missing = whole.split(separator: " ").map(String.init).filter { !scopes.contains($0) }
        return missing.isEmpty ? .accepted : .forbidden(scope: missing.joined(separator: " "))
    }

    /// Sends a request for something that does not exist, so that an accepted request changes nothing.
    private func send(
        _ credential: Credential, to operation: DocumentedOperation, _ session: String
    ) async throws -> ReceivedResponse {
        var path = operation.path(with: UUID().uuidString.lowercased())
        var (bearer, cookie): (String?, String?) = (nil, nil)
        switch credential {
        case .none: break
        case .invalid where transport == .cookie: cookie = "not-a-token"
        case .invalid: bearer = "not-a-token"
        case .user(let scopes):
            let token = try holder.token(like: session, ["scope": .string(scopes.joined(separator: " "))])
            if transport == .cookie { cookie = token } else { bearer = token }
        case .service(let name, let scopes):
            bearer = try holder.serviceToken(
                from: name, to: operation.service, scopes: scopes, operation.method, path)
        case .link:
            path += "?token=\(try holder.linkToken(of: operation.service, for: UUID().uuidString, to: path))"
        }
        var headers = HTTPFields()
        if let cookie { headers[.cookie] = "access_token=\(cookie)" }
        if operation.isUnsafe { headers[.origin] = cluster.url(.login) }
        return try await cluster.send(operation.method, operation.service, path, token: bearer, headers: headers)
    }
}

extension AccessMatrix.Expectation {
    /// The way in which a response contradicts this expectation; nil if it does not.
    func difference(from response: ReceivedResponse, realm: String) -> String? {
        let found = "\(response.status) \(response.code ?? "")"
        let challenge = response.headers[.wwwAuthenticate] ?? ""
        switch self {
        case .accepted:
            let isDenied = response.status == 401 || response.code == "insufficient_scope"
            return isDenied || response.status >= 500 ? "\(found) although the token is accepted" : nil
        case .otherCredentials:
            return response.status == 401 ? nil : "\(found) in place of 401"
        case .unauthorized(let code):
            guard response.status == 401, response.code == code else { return "\(found) in place of 401 \(code)" }
            let isRight =
                challenge.hasPrefix("Bearer realm=\"\(realm)\"")
                && challenge.contains("error=") == (code == "invalid_token")
            return isRight ? nil : "the challenge is \(challenge)"
        case .forbidden(let scope):
            guard response.status == 403, response.code == "insufficient_scope" else {
                return "\(found) in place of 403 insufficient_scope"
            }
            let start = "Bearer realm=\"\(realm)\", error=\"insufficient_scope\", scope=\"\(scope)\""
            let isRight = challenge.hasPrefix(start) && response["scope"] == scope
            return isRight ? nil : "the challenge is \(challenge)"
        }
    }
}
