// Authentication: the code that turns the token of a request into the identity of its caller. `BearerCredentials` finds
// the token, a verifier of `Keys` checks it, `RevocationState` tells whether it is revoked, and
// `AuthenticatedRequestContext` carries the identity to the route. Authentication uses only data in memory, except for
// link tokens: a store records each used link, because a link is valid once.

public import Hummingbird
import JWT
public import ServiceRuntime

/// Authenticates the requests of a service by the tokens that they carry.
///
/// ```swift
/// let mine = router.behind(authenticator, .user, scope: "inbox:read")
/// mine.get("messages") { request, context in try await store.messages(of: context.identity.subject) }
/// ```
///
/// It uses the keys and the revocations in memory, and calls no other service.
public struct JWTAuthenticator: Sendable {
    private let service: String
    private let challenge: BearerChallenge
    private let keys: KeySource
    private let leewaySeconds: Int64
    private let credentials: BearerCredentials
    private let accessTokens: ReloadingVerifier
    private let revocations: RevocationState?
    private let clock: WallClock

    /// Creates the authenticator of a service.
    ///
    /// - Parameters:
    ///   - service: The settings of the service. Tokens must name it as their audience, and its origins may send the
    ///     cookie.
    ///   - settings: The keys and the issuer.
    ///   - revocations: The tokens that are rejected before they expire; nil when the routes check revocations
    ///     themselves.
    ///   - clock: The source of the time at which tokens are verified.
    public init(
        of service: ServiceSettings, _ settings: TokenSettings, revocations: RevocationState?, clock: WallClock
    ) {
        self.service = service.name
        challenge = BearerChallenge(of: service)
        keys = settings.keys
        leewaySeconds = Int64(settings.leewaySeconds)
        credentials = BearerCredentials(allowsCookie: service.allowsCookies, allowedOrigins: service.origins)
        accessTokens = ReloadingVerifier(
            source: keys,
            policy: TokenType.access.policy(
                issuers: [settings.issuer], audience: service.name, leeway: leewaySeconds))
        self.revocations = revocations
        self.clock = clock
    }

    /// The middleware for routes that require a token of `kind` that allows one of `scopes`.
    fileprivate func middleware(_ kind: RequiredToken, scopes: [String]) -> JWTAuthenticatorMiddleware {
        let verifier =
            switch kind {
            case .access, .user, .firstParty: accessTokens
            case .service(let names):
                ReloadingVerifier(
                    source: keys,
                    policy: TokenType.service.policy(issuers: names, audience: service, leeway: leewaySeconds))
            case .link:
                ReloadingVerifier(
                    source: keys,
                    policy: TokenType.link.policy(issuers: [service], audience: service, leeway: leewaySeconds))
            }
        var credentials = credentials
        // Ignore the cookie: browsers send it with every request, so it would be a second token beside the link token.
        if case .link = kind {
            credentials.allowsCookie = false
            credentials.allowsQuery = true
        }
        return JWTAuthenticatorMiddleware(
            challenge: challenge, kind: kind, scopes: scopes, credentials: credentials, verifier: verifier,
            revocations: revocations, clock: clock)
    }
}

extension RouterMethods<AppRequestContext> {
    /// A group of routes that require authentication. Each route gets the identity of its caller.
    ///
    /// - Parameters:
    ///   - authenticator: The authenticator of the service.
    ///   - kind: The kind of token that the routes require.
    ///   - scope: The scope that the token must allow; nil when no scope is required.
    ///   - alternative: Another scope that suffices.
    public func behind(
        _ authenticator: JWTAuthenticator, _ kind: RequiredToken, scope: String? = nil, or alternative: String? = nil
    ) -> RouterGroup<AuthenticatedRequestContext> {
        let middleware = authenticator.middleware(kind, scopes: [scope, alternative].compactMap { $0 })
        return group().add(middleware: middleware).group(context: AuthenticatedRequestContext.self)
    }
}
