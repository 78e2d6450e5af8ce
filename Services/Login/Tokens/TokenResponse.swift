import Foundation
import Hummingbird
import ServiceRuntime

/// The body of a successful response of the token endpoint (RFC 6749 §5.1).
struct TokenResponse: ResponseEncodable {
    let access_token: String
    let token_type = "Bearer"
    let expires_in: Int
    let refresh_token: String
    let scope: String
    let account_id: String

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
}
