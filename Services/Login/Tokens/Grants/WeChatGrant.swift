import HTTPTypes
import ServiceRuntime

/// Signs in with the code of a WeChat mini program (`wx.login`), an extension grant (RFC 6749 §4.5).
///
/// A user without an account gets an access token with the scope `register` and no refresh token.
struct WeChatGrant: Grant {
    /// The grant type has a short name and, as RFC 6749 §4.5 requires, a URI.
    static let grantTypes = ["wxapp", "urn:hallpass:grant-type:wxapp"]

    let grantType: String
    let weChat: WeChatClient
    let bindings: WeChatBindingStore
    let tokens: AccessTokenIssuer
    let clock: WallClock

    /// The pause that WeChat demands of a user who signs in too often, in seconds.
    private static let throttleSeconds = 60
    private static let rejectedCode = OAuthError(
        .invalidGrant, "The code is wrong, expired or used, or the user may not sign in. Call wx.login again.")

    func respond(to request: TokenRequest) async throws -> TokenResponse {
        let parameters = request.parameters
        let requestedScope = try parameters.optional("scope")
        let audience = try tokens.services.audience(parameters, within: tokens.audiences)
        let user = try await user(of: try Self.code(parameters))
        guard let account = try await bindings.account(of: user) else {
            return TokenResponse(
                try RegisterToken.issue(for: user, by: tokens, at: clock.now()), scope: RegisterToken.scope)
        }
        guard !account.isDisabled else { throw Self.rejectedCode }
        let scope = try account.scope.narrowed(to: requestedScope)
        let now = clock.now()
        let begun = try await bindings.beginSession(
            of: account, for: user, scope: scope, audience: audience, from: request.device, at: now)
        guard let (session, refreshToken) = begun else { throw Self.rejectedCode }
        return TokenResponse(
            try tokens.issue(for: session, scope: scope, at: now), scope: scope, refreshToken,
            account: session.accountID)
    }

    /// The code, in the parameter `code` or, as older clients send it, in `username`.
    private static func code(_ parameters: TokenParameters) throws(OAuthError) -> String {
        if let code = try parameters.optional("code") { return code }
        if let code = try parameters.optional("username") { return code }
        return try parameters.required("code")
    }

    private func user(of code: String) async throws -> WeChatUser {
        switch try await weChat.user(of: code) {
        case .user(let user): return user
        case .rejected: throw Self.rejectedCode
        case .throttled:
            throw OAuthError(
                .temporarilyUnavailable, "WeChat admits no more sign-ins of this user for now. Try again later.",
                status: .tooManyRequests, retryAfterSeconds: Self.throttleSeconds)
        case .unavailable:
            throw OAuthError(
                .temporarilyUnavailable, "WeChat did not respond. Call wx.login again, and send its new code.",
                status: .serviceUnavailable, retryAfterSeconds: 1)
        }
    }
}
