import Hummingbird
import JWTAuth
import Logging
import ServiceRuntime

/// Renews a session with a refresh token (RFC 6749 §6).
///
/// The access token may have a narrower scope than the session. The next refresh token keeps the scope of the session.
struct RefreshTokenGrant: Grant {
    let grantType = "refresh_token"
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    func respond(
        to parameters: TokenParameters, of request: Request, context: AppRequestContext
    ) async throws -> TokenResponse {
        let (text, requestedScope) = (
            try parameters.required("refresh_token"), try parameters.optional("scope")
        )
        guard let token = RefreshToken(text) else { throw Self.rejection("not a refresh token") }
        let now = clock.now()
        let result = try await sessions.renew(token, at: now) { try $0.scope.narrowed(to: requestedScope) }
        switch result {
        case .renewed(let session, let scope, let next):
            return try TokenResponse(session, scope: scope, next, tokens, at: now)
        case .unknown:
            throw Self.rejection("unknown token, or its session is over")
        case .reused(let id):
            throw Self.rejection("used before; session \(id.lowercase) was ended")
        }
    }

    /// The error for every rejected token. Only the log has the reason.
    private static func rejection(_ reason: String) -> OAuthError {
        Logger.current.info("Refresh token rejected.", metadata: ["reason": "\(reason)"])
        return OAuthError(.invalidGrant, "The refresh token is invalid, expired or revoked.")
    }
}
