import Logging
import ServiceRuntime

/// Renews a session with a refresh token (RFC 6749 §6).
///
/// The access token may have a narrower scope and audience than the session. The next refresh token keeps those of the
/// session. A token of one client is unknown to all others.
struct RefreshTokenGrant: Grant {
    let grantType = "refresh_token"
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    func respond(to request: TokenRequest) async throws -> TokenResponse {
        let parameters = request.parameters
        let (text, requestedScope) = (
            try parameters.required("refresh_token"), try parameters.optional("scope")
        )
        guard let token = RefreshToken(text) else { throw Self.rejection("not a refresh token") }
        let now = clock.now()
        let result = try await sessions.renew(token, of: request.client?.id, from: request.device, at: now) { session in
            RenewedAccess(
                scope: try session.scope.narrowed(to: requestedScope),
                audience: try tokens.services.audience(parameters, within: session.audience))
        }
        switch result {
        case .renewed(let session, let access, let next):
            let token = try tokens.issue(for: session, scope: access.scope, audience: access.audience, at: now)
            return TokenResponse(token, scope: access.scope, next, account: session.accountID)
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
