import Foundation
import HTTPTypes
import Hummingbird
import JWT
import JWTAuth
import ServiceRuntime

/// `POST /revoke` (RFC 7009) and `POST /introspect` (RFC 7662).
///
/// Both take a form or a JSON object with the same members. The form of a token shows its type, so `token_type_hint`
/// is ignored, as RFC 7009 §2.1 allows. Only the hint `session` has a meaning: the token is the cookie of a browser.
struct RevokeAndIntrospectRoutes: Sendable {
    let sessions: SessionStore
    let clients: ClientAuthenticator
    let apiTokens: APITokenStore
    let bindings: WeChatBindingStore
    let tokens: AccessTokenIssuer
    let sessionIntrospection: SessionIntrospection
    /// The names of the services that may introspect tokens.
    let readers: [String]
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.post("revoke", use: revoke)
        router.group()
            .add(middleware: ClientIntrospectionMiddleware(clients: clients) { try await introspect($0, by: $1) })
            .behind(
                authenticator, .service(from: readers), scope: Self.introspectionScope, or: SessionIntrospection.scope
            ).post("introspect", use: introspect)
    }

    private static let introspectionScope = "tokens:introspect"

    /// Ends the session of a refresh token, deletes an API token, or revokes a single access token or register token.
    ///
    /// A registered client revokes only its own tokens. Login's own client has no secret, so every holder of one of its
    /// tokens may revoke it. Invalid tokens get the same response (RFC 7009 §2.2).
    private func revoke(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let parameters = try await TokenParameters(of: request)
        let client = try await clients.client(of: request, parameters, from: context)
        let (text, now) = (try parameters.tokenAndHint.token, clock.now())
        if let token = RefreshToken(text) {
            try await sessions.end(token, of: client?.id, at: now)
        } else if let secret = APITokenSecret(text) {
            // API tokens belong to accounts and to no registered client.
            if client == nil { try await apiTokens.delete(secret) }
        } else if let token = tokens.verify(text, for: tokens.audiences, at: now), token.isIssued(to: client) {
            if let id = token.id, let session = try await sessions.find(token, at: now) {
                try await sessions.revoke(token: id, session: session.id, at: now)
            } else if let token = ClientToken(token) {
                try await clients.clients.revoke(token, at: now)
            } else if let token = RegisterToken(token) {
                guard try await bindings.revoke(token, at: now) else { throw OAuthError.tooManyRevocations }
            }
        }
        return Response(status: .ok, headers: .notStored)
    }

    /// Describes an access token to a service that accepts it, or an API token to any service. Every other token is
    /// inactive, refresh tokens included.
    private func introspect(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let (text, hint) = try await TokenParameters(of: request).tokenAndHint
        let isSession = hint == SessionIntrospection.hint
        let scope = isSession ? SessionIntrospection.scope : Self.introspectionScope
        // The service token may have only the scope for the other kind of introspection.
        guard context.identity.allows(scope) else {
            throw Problem.insufficientScope(context.challenge, missing: scope)
        }
        let now = clock.now()
        let caller = context.identity.token.issuer.map { [$0] } ?? []
        if isSession {
            return response(try await sessionIntrospection.describe(text, to: caller.first ?? "", at: now))
        }
        if let secret = APITokenSecret(text) {
            return response(try await apiTokens.find(secret, at: now)?.introspection(issuer: tokens.issuer))
        }
        return response(try await introspection(of: tokens.verify(text, for: caller, at: now), at: now))
    }

    /// Describes an access token to the client that it was issued to. Every other token is inactive.
    private func introspect(_ parameters: TokenParameters, by client: Client) async throws -> Response {
        let (text, now) = (try parameters.tokenAndHint.token, clock.now())
        let token = tokens.verify(text, for: tokens.audiences, at: now)
        return response(try await introspection(of: token?.isIssued(to: client) == true ? token : nil, at: now))
    }

    /// - Parameter introspection: The description of an active token; nil for every other token.
    private func response(_ introspection: JSONValue?) -> Response {
        let body = introspection ?? ["active": false]
        var headers = HTTPFields.notStored
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: .init(string: body.text)))
    }

    /// The description of a verified token; nil when it is not in force.
    private func introspection(of token: VerifiedToken?, at now: Date) async throws -> JSONValue? {
        guard let token, try await isActive(token, at: now) else { return nil }
        return token.introspection
    }

    /// Whether a verified token is in force: neither revoked itself nor by its session or client.
    private func isActive(_ token: VerifiedToken, at now: Date) async throws -> Bool {
        if token.session != nil { return try await sessions.find(token, at: now) != nil }
        guard let token = ClientToken(token) else { return false }
        return try await clients.clients.accepts(token)
    }
}

extension TokenParameters {
    /// The token that the request is about, and the kind that the caller takes it for.
    fileprivate var tokenAndHint: (token: String, hint: String?) {
        get throws(OAuthError) {
            let hint = try optional("token_type_hint")
            return (try required("token"), hint)
        }
    }
}

extension OAuthError {
    /// 503: the token is still valid, and the client may try again (RFC 7009 §2.2.1).
    fileprivate static let tooManyRevocations = OAuthError(
        .temporarilyUnavailable,
        "Too many tokens of this user were revoked. The token is still valid. Try again later.",
        status: .serviceUnavailable, retryAfterSeconds: 60)
}

extension VerifiedToken {
    /// The session that the token belongs to.
    var session: UUID? { sessionID.flatMap { UUID(lowercase: $0) } }

    /// Whether the token was issued to a client.
    ///
    /// - Parameter client: A registered client; nil for login's own.
    fileprivate func isIssued(to client: Client?) -> Bool {
        guard let id = clientID, let client else { return clientID == nil && client == nil }
        return id.utf8.elementsEqual(client.id.utf8)
    }

    /// The introspection response for an active token (RFC 7662 §2.2), with the session as `sid`.
    fileprivate var introspection: JSONValue {
        func member(_ name: String, _ value: String?) -> [JSONValue.Member] {
            value.map { [.init(name, .string($0))] } ?? []
        }
        func member(_ name: String, _ value: NumericDate?) -> [JSONValue.Member] {
            value.map { [.init(name, .integer($0.seconds))] } ?? []
        }
        let fixed: [JSONValue.Member] = [
            .init("active", true), .init("token_type", "Bearer"),
            .init("scope", .string(scopes.joined(separator: " "))),
            .init("aud", .array(audience.map { .string($0) })),
        ]
        return .object(
            fixed + member("client_id", clientID) + member("username", username) + member("sub", subject)
                + member("iss", issuer) + member("jti", id) + member("sid", sessionID) + member("iat", issuedAt)
                + member("exp", expiresAt))
    }
}
