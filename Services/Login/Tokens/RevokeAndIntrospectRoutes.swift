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
    let apiTokens: APITokenStore
    let tokens: AccessTokenIssuer
    let sessionIntrospection: SessionIntrospection
    /// The names of the services that may introspect tokens.
    let readers: [String]
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.post("revoke", use: revoke)
        router.behind(
            authenticator, .service(from: readers), scope: Self.introspectionScope, or: SessionIntrospection.scope
        ).post("introspect", use: introspect)
    }

    private static let introspectionScope = "tokens:introspect"

    /// Ends the session of a refresh token, or revokes a single access token.
    ///
    /// Clients are public, so every holder of a token may revoke it. Invalid tokens get the same response (RFC 7009
    /// §2.2).
    private func revoke(_ request: Request, _ context: AppRequestContext) async throws -> Response {
        let text = try await parameters(of: request).token
        let now = clock.now()
        if let token = RefreshToken(text) {
            try await sessions.end(token, at: now)
        } else if let token = tokens.verify(text, for: tokens.audiences, at: now), let id = token.id,
            let session = token.session
        {
            try await sessions.revoke(token: id, session: session, at: now)
        }
        return Response(status: .ok, headers: .notStored)
    }

    /// Describes an access token to a service that accepts it, or an API token to any service. Every other token is
    /// inactive, refresh tokens included.
    private func introspect(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let (text, hint) = try await parameters(of: request)
        let isSession = hint == SessionIntrospection.hint
        let scope = isSession ? SessionIntrospection.scope : Self.introspectionScope
        guard context.identity.allows(scope) else { throw Problem.insufficientScope(scope, context.challenge) }
        let now = clock.now()
        let caller = context.identity.token.issuer.map { [$0] } ?? []
        var body: JSONValue = ["active": false]
        if isSession {
            let description = try await sessionIntrospection.describe(text, to: caller.first ?? "", at: now)
            if let description { body = description }
        } else if let secret = APITokenSecret(text) {
            if let token = try await apiTokens.find(secret, at: now) {
                body = token.introspection(issuer: tokens.issuer)
            }
        } else if let token = tokens.verify(text, for: caller, at: now), let session = token.session,
            try await sessions.find(session, token: token.id, at: now) != nil
        {
            body = token.introspection
        }
        var headers = HTTPFields.notStored
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: .init(string: body.text)))
    }

    private func parameters(of request: Request) async throws -> (token: String, hint: String?) {
        let parameters = try await TokenParameters(of: request)
        let hint = try parameters.optional("token_type_hint")
        return (try parameters.required("token"), hint)
    }
}

extension Problem {
    /// 403: the service token has only the scope for the other kind of introspection.
    fileprivate static func insufficientScope(_ scope: String, _ challenge: BearerChallenge) -> Problem {
        Problem(
            .forbidden, code: "insufficient_scope", detail: "This request requires the scope \(scope).",
            headers: [.wwwAuthenticate: challenge.text(error: "insufficient_scope", ["scope": scope])],
            extensions: ["scope": scope])
    }
}

extension VerifiedToken {
    /// The session that the token belongs to.
    var session: UUID? { sessionID.flatMap { UUID(lowercase: $0) } }

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
            fixed + member("username", username) + member("sub", subject) + member("iss", issuer) + member("jti", id)
                + member("sid", sessionID) + member("iat", issuedAt) + member("exp", expiresAt))
    }
}
