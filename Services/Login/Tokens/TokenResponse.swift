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

    /// Issues an access token for a session.
    ///
    /// - Throws: An error of signing the token.
    init(
        _ session: Session, scope: Scope, _ refreshToken: RefreshToken, _ tokens: AccessTokenIssuer, at now: Date
    ) throws {
        let accessToken = try tokens.issue(for: session, scope: scope, at: now)
        access_token = accessToken.text
        expires_in = accessToken.lifetimeSeconds
        refresh_token = refreshToken.text
        self.scope = scope.text
        account_id = session.accountID.lowercase
    }

    /// The response with an access token that belongs to no session.
    init(_ accessToken: AccessTokenIssuer.AccessToken, scope: Scope) {
        access_token = accessToken.text
        expires_in = accessToken.lifetimeSeconds
        refresh_token = nil
        self.scope = scope.text
        account_id = nil
    }
}
