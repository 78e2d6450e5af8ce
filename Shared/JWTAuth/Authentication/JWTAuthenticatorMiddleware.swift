import Foundation
import Hummingbird
import JWT
import Logging
import Metrics
import ServiceRuntime

/// Adds the identity of the caller to a request, or rejects the request (RFC 6750 §3).
struct JWTAuthenticatorMiddleware: RouterMiddleware {
    let challenge: BearerChallenge
    let kind: RequiredToken
    /// The scopes of which the token must allow one; empty when no scope is required.
    let scopes: [String]
    let credentials: BearerCredentials
    let verifier: ReloadingVerifier
    let revocations: RevocationState?
    let clock: WallClock

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            context.identity = try await authenticate(request)
            context.challenge = challenge
        } catch let rejection as Rejection {
            note(rejection)
            throw rejection.problem(challenge)
        }
        return try await next(request, context)
    }

    /// The identity of the caller of `request`.
    ///
    /// - Throws: `Rejection`; `Problem` when the credentials are malformed; or an error of the store of used links.
    private func authenticate(_ request: Request) async throws -> Identity {
        guard let text = try credentials.token(of: request) else { throw Rejection.missingToken }
        let token = try verify(text)
        try checkRevocation(of: token)
        guard let identity = Identity(token), isBound(token, to: request) else { throw Rejection.otherRequest }
        if case .link(let usedLinks) = kind { try await use(token, usedLinks) }
        if let scope = scopes.first, !scopes.contains(where: identity.allows) { throw Rejection.missingScope(scope) }
        try checkClient(of: identity)
        return identity
    }

    private func verify(_ text: String) throws(Rejection) -> VerifiedToken {
        do {
            return try verifier.verify(text, at: clock.second)
        } catch {
            throw .invalidToken(error)
        }
    }

    private func checkRevocation(of token: VerifiedToken) throws(Rejection) {
        guard let revocations else { return }
        if revocations.isRevoked(token) { throw .revoked }
        if revocations.isStale { throw .revocationsUnknown }
    }

    /// Checks that the client which got the token may use the route.
    private func checkClient(of identity: Identity) throws(Rejection) {
        switch kind {
        case .firstParty where identity.token.clientID != nil: throw .registeredClient
        case .user where identity.isClient: throw .noAccount
        case .access, .user, .firstParty, .service, .link: break
        }
    }

    /// Whether the token is valid for this request. The token of a service or a link carries the hash of the only
    /// request that it is valid for.
    private func isBound(_ token: VerifiedToken, to request: Request) -> Bool {
        switch kind {
        case .access, .user, .firstParty: return true
        case .service, .link: break
        }
        let hash = RequestHash.of(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query)
        return token.queryHash.map { $0.utf8.elementsEqual(hash.utf8) } ?? false
    }

    private func use(_ token: VerifiedToken, _ usedLinks: any UsedLinkStore) async throws {
        guard let id = token.id, let expiry = token.expiresAt,
            try await usedLinks.useLink(id, until: Date(expiry), at: clock.now())
        else { throw Rejection.usedLink }
    }

    private func note(_ rejection: Rejection) {
        Counter(label: "door_refusals", dimensions: [("reason", rejection.reason)]).increment()
        Logger.current.info(
            "The request was rejected.", metadata: ["reason": "\(rejection.reason)", "detail": "\(rejection.detail)"])
    }
}
