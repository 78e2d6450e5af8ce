import Foundation
import Hummingbird
import ServiceRuntime

/// The body of a successful response of the token endpoint (RFC 6749 §5.1).
struct TokenResponse: ResponseEncodable {
    let access_token: String
    let token_type = "Bearer"
    let expires_in: Int
    /// Nil for a token that no session renews.
    let refresh_token: String?
    let scope: String
    /// Nil for a token that no account owns.
    let account_id: String?

    init(
        _ accessToken: AccessTokenIssuer.AccessToken, scope: Scope, _ refreshToken: RefreshToken? = nil,
        account: UUID? = nil
    ) {
        access_token = accessToken.text
        expires_in = accessToken.lifetimeSeconds
        refresh_token = refreshToken?.text
        self.scope = scope.text
        account_id = account?.lowercase
    }
}
