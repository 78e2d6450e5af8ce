// Authentication: from the bytes of a request to the identity of its caller. `BearerCredentials` finds the token, a
// verifier of `Keys` checks it, `Revocations` tells whether it is revoked, and `AuthenticatedRequestContext` carries
// the identity to the route. It decides in memory; only links are recorded in a store, because each is valid once.

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
/// It decides with the keys and the revocations in memory and calls no other service.
public struct JWTAuthenticator: Sendable {
    private let service: String
    private let keys: KeySource
    private let leewaySeconds: Int64
    private let credentials: BearerCredentials
    private let userTokens: ReloadingVerifier
    private let revocations: RevocationState?
    private let clock: WallClock

    /// Creates the authenticator of a service.
    ///
    /// - Parameters:
    ///   - service: The name of the service, which tokens must name as their audience, and the origins that it allows.
    ///   - settings: The keys and the issuer.
    ///   - revocations: The tokens that are rejected before they expire; nil when the routes check that themselves.
    ///   - clock: The time at which tokens are checked.
    public init(
        of service: ServiceSettings, _ settings: TokenSettings, revocations: RevocationState?, clock: WallClock
    ) {
        self.service = service.name
        keys = settings.keys
        leewaySeconds = Int64(settings.leewaySeconds)
        credentials = BearerCredentials(allowsCookie: service.allowsCookies, allowedOrigins: service.origins)
        userTokens = ReloadingVerifier(
            source: keys,
            policy: TokenType.access.policy(
                issuers: [settings.issuer], audience: service.name, leeway: leewaySeconds))
        self.revocations = revocations
        self.clock = clock
    }

    /// The middleware for routes that require a token of `kind` that allows all of `scopes`.
    fileprivate func middleware(_ kind: RequiredToken, scopes: [String]) -> JWTAuthenticatorMiddleware {
        let verifier =
            switch kind {
            case .user: userTokens
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
        // Browsers send the cookie with every request. Beside the token of a link it would be a second token.
        if case .link = kind {
            credentials.allowsCookie = false
            credentials.allowsQuery = true
        }
        return JWTAuthenticatorMiddleware(
            realm: service, kind: kind, scopes: scopes, credentials: credentials, verifier: verifier,
            revocations: revocations, clock: clock)
    }
}

extension RouterMethods<AppRequestContext> {
    /// A group of routes that require authentication: each gets the identity of its caller.
    ///
    /// - Parameters:
    ///   - authenticator: The authenticator of the service.
    ///   - kind: The kind of token that the routes require.
    ///   - scope: The scope that the token must allow; nil when no scope is required.
    public func behind(
        _ authenticator: JWTAuthenticator, _ kind: RequiredToken, scope: String? = nil
    ) -> RouterGroup<AuthenticatedRequestContext> {
        group().add(middleware: authenticator.middleware(kind, scopes: scope.map { [$0] } ?? [])).group(
            context: AuthenticatedRequestContext.self)
    }
}
