import Logging
import ServiceRuntime

/// Begins a session with an authorization code (RFC 6749 §4.1.3) and the verifier of its challenge (RFC 7636 §4.5).
struct AuthorizationCodeGrant: Grant {
    let grantType = Client.GrantType.authorizationCode.rawValue
    let codes: CodeStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    func respond(to request: TokenRequest) async throws -> TokenResponse {
        let client = try request.registeredClient
        let parameters = request.parameters
        let (code, redirectURI, verifier) = (
            try parameters.required("code"), try parameters.required("redirect_uri"),
            try parameters.required("code_verifier")
        )
        guard let code = AuthorizationCode(code) else { throw Self.rejection("not a code") }
        let redemption = CodeStore.Redemption(
            code: code, verifier: verifier, redirectURI: redirectURI, client: client, address: request.device.address)
        let now = clock.now()
        let result = try await codes.redeem(redemption, at: now) { session in
            RenewedAccess(
                scope: session.scope, audience: try tokens.services.audience(parameters, within: session.audience))
        }
        switch result {
        case .redeemed(let session, let access, let refreshToken):
            let token = try tokens.issue(for: session, scope: access.scope, audience: access.audience, at: now)
            return TokenResponse(token, scope: access.scope, refreshToken, account: session.accountID)
        case .unknown: throw Self.rejection("unknown code")
        case .wrongVerifier: throw Self.rejection("wrong verifier")
        case .reused(let id): throw Self.rejection("used before; session \(id.lowercase) was ended")
        }
    }

    /// The error for every rejected code. Only the log has the reason.
    private static func rejection(_ reason: String) -> OAuthError {
        Logger.current.info("Authorization code rejected.", metadata: ["reason": "\(reason)"])
        return OAuthError(.invalidGrant, "The code is invalid, expired or used, or the verifier is not its own.")
    }
}
