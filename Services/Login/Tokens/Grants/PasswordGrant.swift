import Hummingbird
import JWTAuth
import ServiceRuntime

/// Begins a session with a user name and a password (RFC 6749 §4.3).
struct PasswordGrant: Grant {
    let grantType = "password"
    let authenticator: PasswordAuthenticator
    let sessions: SessionStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    private static let wrongCredentials = OAuthError(.invalidGrant, "The name or the password is wrong.")

    func respond(
        to parameters: TokenParameters, of request: Request, context: AppRequestContext
    ) async throws -> TokenResponse {
        let (username, password) = (try parameters.required("username"), try parameters.required("password"))
        let requestedScope = try parameters.optional("scope")
        let audience = try tokens.audience(try parameters.optional("audience"))
        let account = try await account(username, password, context)
        let scope = try account.scope.narrowed(to: requestedScope)
        let client = ClientInfo(userAgent: request.headers[.userAgent], address: context.peerAddress)
        let now = clock.now()
        let begun = try await sessions.begin(account, scope: scope, audience: audience, from: client, at: now)
        guard let (session, refreshToken) = begun else { throw Self.wrongCredentials }
        return try TokenResponse(session, scope: scope, refreshToken, tokens, at: now)
    }

    private func account(
        _ username: String, _ password: String, _ context: AppRequestContext
    ) async throws -> Account {
        let result = try await authenticator.signIn(
            username: username, password: password, from: NetworkAddress.network(of: context.peerAddress))
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
