import Foundation
import HTTPTypes
public import Hummingbird
import JWT
import Logging
import Metrics
public import ServiceRuntime

/// What stands before the routes of a service: it lets in whoever has a token that is right for the route.
///
/// ```swift
/// let mine = router.behind(door, .user, scope: "inbox:read")
/// mine.get("messages") { request, context in try await store.messages(of: context.identity.subject) }
/// ```
///
/// Everything is decided here, with the keys and the revocations in memory; nobody is asked.
public struct JWTAuthenticator: Sendable {
    private let service: String
    private let keys: KeySource
    private let leewaySeconds: Int64
    private let credentials: BearerCredentials
    private let userTokens: ReloadingVerifier
    private let revocations: RevocationFeed?
    private let clock: WallClock

    /// The door of a service.
    ///
    /// - Parameters:
    ///   - service: What the service is and which origins it allows; its name is the audience that tokens must name.
    ///   - settings: The keys and the issuer.
    ///   - revocations: Which tokens are refused before they expire; nil where the routes know that themselves.
    public init(
        of service: ServiceSettings, _ settings: TokenSettings, revocations: RevocationFeed?, clock: WallClock
    ) {
        self.service = service.name
        keys = settings.keys
        leewaySeconds = Int64(settings.leewaySeconds)
        credentials = BearerCredentials(
            transports: Transports(cookie: service.allowsCookies), allowedOrigins: service.origins)
        userTokens = ReloadingVerifier(
            source: keys,
            policy: TokenType.access.policy(
                issuers: [settings.issuer], audience: service.name, leeway: leewaySeconds))
        self.revocations = revocations
        self.clock = clock
    }

    /// A check for requests that need a token of `kind` that allows all of `scopes`.
    fileprivate func check(_ kind: RequiredToken, scopes: [String]) -> JWTAuthenticatorMiddleware {
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
        // A browser sends its cookie along; here it says nothing.
        if case .link = kind { credentials.transports = Transports(cookie: false, query: true) }
        return JWTAuthenticatorMiddleware(
            realm: service, kind: kind, scopes: scopes, credentials: credentials, verifier: verifier,
            revocations: revocations, clock: clock)
    }
}

extension RouterMethods<AppRequestContext> {
    /// The routes behind a door: each needs a token of `kind` that allows `scope`, and knows who calls.
    public func behind(
        _ authenticator: JWTAuthenticator, _ kind: RequiredToken, scope: String? = nil
    ) -> RouterGroup<AuthenticatedRequestContext> {
        group().add(middleware: authenticator.check(kind, scopes: scope.map { [$0] } ?? [])).group(
            context: AuthenticatedRequestContext.self)
    }
}

/// Lets a request pass, with the identity of its caller, or refuses it (RFC 6750 §3).
private struct JWTAuthenticatorMiddleware: RouterMiddleware {
    let realm: String
    let kind: RequiredToken
    let scopes: [String]
    let credentials: BearerCredentials
    let verifier: ReloadingVerifier
    let revocations: RevocationFeed?
    let clock: WallClock

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let text = try credentials.token(of: request) else {
            refused("missing", logger: context.logger)
            throw Problem.missingToken(realm: realm)
        }
        var context = context
        let identity = try identity(text, request, logger: context.logger)
        context.identity = identity
        if case .link(let spend) = kind { try await spendOnce(identity.token, spend, logger: context.logger) }
        for scope in scopes where !identity.allows(scope) {
            refused("scope", logger: context.logger)
            throw Problem.insufficientScope(realm: realm, missing: scope)
        }
        return try await next(request, context)
    }

    private func spendOnce(
        _ token: VerifiedToken, _ spend: (String, Date) async throws -> Bool, logger: Logger
    ) async throws {
        guard let id = token.id, let expiry = token.expiresAt,
            try await spend(id, Date(expiry))
        else {
            refused("spent", logger: logger)
            throw Problem.invalidToken(realm: realm, expired: false)
        }
    }

    private func identity(_ text: String, _ request: Request, logger: Logger) throws -> Identity {
        do {
            let token = try verifier.verify(text, at: clock.second)
            try refuseRevoked(token, logger: logger)
            guard let identity = Identity(token), isBound(token, to: request) else {
                refused("request", logger: logger)
                throw Problem.invalidToken(realm: realm, expired: false)
            }
            return identity
        } catch let error as JWTError {
            refused(error.code.rawValue, "\(error)", logger: logger)
            throw Problem.invalidToken(realm: realm, expired: error.code == .expired)
        }
    }

    private func refuseRevoked(_ token: VerifiedToken, logger: Logger) throws(Problem) {
        guard let revocations else { return }
        if revocations.refuses(token) {
            refused("revoked", logger: logger)
            throw .invalidToken(realm: realm, expired: false)
        }
        if revocations.isStale {
            refused("stale", "too little is known of what was revoked", logger: logger)
            throw .unavailable(
                code: "revocations_unknown", "The service does not know at present which tokens were revoked.")
        }
    }

    /// A service's token and a link are good for the one request whose hash they carry.
    private func isBound(_ token: VerifiedToken, to request: Request) -> Bool {
        if case .user = kind { return true }
        let hash = RequestHash.of(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query)
        return token.queryHash.map { $0.utf8.elementsEqual(hash.utf8) } ?? false
    }

    /// The exact reason goes to the log and the metrics, never to the caller.
    private func refused(_ reason: String, _ detail: String? = nil, logger: Logger) {
        Counter(label: "door_refusals", dimensions: [("reason", reason)]).increment()
        logger.info("The door refused a request.", metadata: ["reason": "\(reason)", "detail": "\(detail ?? "-")"])
    }
}
