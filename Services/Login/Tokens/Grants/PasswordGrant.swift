import HTTPTypes
import ServiceRuntime

/// Begins a session with a user name and a password (RFC 6749 §4.3), for login's own client only.
///
/// No registered client may use it: a program of somebody else must never see a password (RFC 9700 §2.4).
struct PasswordGrant: Grant {
    let grantType = "password"
    let authenticator: PasswordAuthenticator
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    private static let wrongCredentials = OAuthError(.invalidGrant, "The name or the password is wrong.")

    func respond(to request: TokenRequest) async throws -> TokenResponse {
        let parameters = request.parameters
        let (username, password) = (try parameters.required("username"), try parameters.required("password"))
        let requestedScope = try parameters.optional("scope")
        let audience = try tokens.services.audience(parameters, within: tokens.audiences)
        let account = try await account(username, password, from: request.network)
        let scope = try account.scope.narrowed(to: requestedScope)
        let now = clock.now()
        let begun = try await sessions.begin(account, scope: scope, audience: audience, from: request.device, at: now)
        guard let (session, refreshToken) = begun else { throw Self.wrongCredentials }
        return TokenResponse(
            try tokens.issue(for: session, scope: scope, at: now), scope: scope, refreshToken,
            account: session.accountID)
    }

    private func account(
        _ username: String, _ password: String, from network: String
    ) async throws -> Account {
        let result = try await authenticator.signIn(
            username: username, password: password, from: network)
        switch result {
        case .signedIn(let account): return account
        case .wrongCredentials: throw Self.wrongCredentials
        case .throttled(let seconds):
            throw OAuthError(
                .temporarilyUnavailable, "There were too many failed attempts. Try again later.",
                status: .tooManyRequests, retryAfterSeconds: seconds)
        case .busy:
            throw OAuthError(
                .temporarilyUnavailable, "Too many people are signing in. Try again.",
                status: .serviceUnavailable, retryAfterSeconds: PasswordHasher.retryAfterSeconds)
        }
    }
}
