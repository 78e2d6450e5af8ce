import Foundation
import Hummingbird
import JWT
import Libcrypto
import Logging
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
        var (request, context) = (request, context)
        do {
            context.identity = try await authenticate(&request, maximumBodyBytes: context.maxUploadSize)
            context.challenge = challenge
        } catch let rejection as Rejection {
            note(rejection)
            throw rejection.problem(challenge)
        }
        return try await next(request, context)
    }

    /// The identity of the caller of `request`. Collects the body when the token is bound to it.
    ///
    /// - Throws: `Rejection`; `Problem` when the credentials, the query or the body are malformed; or an error of the
    ///   store of used links.
    private func authenticate(_ request: inout Request, maximumBodyBytes: Int) async throws -> Identity {
        guard let text = try credentials.token(of: request) else { throw Rejection.missingToken }
        let now = clock.second
        let token = try await verify(text, at: now)
        try checkRevocation(of: token, at: now)
        guard let identity = Identity(token) else { throw Rejection.otherRequest }
        try await requireBinding(of: token, to: &request, maximumBodyBytes: maximumBodyBytes)
        if case .link(let usedLinks) = kind { try await use(token, usedLinks) }
        if let scope = scopes.first, !scopes.contains(where: identity.allows) { throw Rejection.missingScope(scope) }
        try checkClient(of: identity)
        return identity
    }

    private func verify(_ text: String, at now: NumericDate) async throws(Rejection) -> VerifiedToken {
        do {
            return try await verifier.verify(text, at: now)
        } catch {
            throw .invalidToken(error)
        }
    }

    private func checkRevocation(of token: VerifiedToken, at now: NumericDate) throws(Rejection) {
        guard let revocations else { return }
        if revocations.isRevoked(token) { throw .revoked }
        if revocations.isStale(at: now) { throw .revocationsUnknown }
    }

    /// Checks that the client which got the token may use the route.
    private func checkClient(of identity: Identity) throws(Rejection) {
        switch kind {
        case .firstParty where identity.token.clientID != nil: throw .registeredClient
        case .user where identity.isClient: throw .noAccount
        case .access, .user, .firstParty, .service, .link: break
        }
    }

    /// Requires that the token is valid for this request. The token of a service or a link carries the hash of the only
    /// request that it is valid for. With the hash of a body, it is valid for that body only.
    private func requireBinding(
        of token: VerifiedToken, to request: inout Request, maximumBodyBytes: Int
    ) async throws {
        switch kind {
        case .access, .user, .firstParty: return
        case .service, .link: break
        }
        let hash = RequestHash.of(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query)
        guard token.queryHash.map({ areEqual($0, hash) }) ?? false else { throw Rejection.otherRequest }
        if let name = RequestHash.repeatedParameter(in: request.uri.query) {
            throw Problem.badRequest("The query parameter \(name) is repeated. Send it once.")
        }
        guard let bodyHash = token[RequestHash.bodyClaim] else { return }
        let body = try await request.bytes(upTo: maximumBodyBytes)
        request.body = .init(buffer: ByteBuffer(bytes: body))
        guard bodyHash.string.map({ areEqual($0, RequestHash.of(body: body)) }) ?? false else {
            throw Rejection.otherRequest
        }
    }

    private func areEqual(_ left: String, _ right: String) -> Bool {
        equalInConstantTime(Array(left.utf8), Array(right.utf8))
    }

    private func use(_ token: VerifiedToken, _ usedLinks: any UsedLinkStore) async throws {
        guard let id = token.id, let expiry = token.expiresAt,
            try await usedLinks.useLink(
                id, keepUntil: Date(expiry + Policy.maximumLeeway + WallClock.maximumErrorSeconds), at: clock.now())
        else { throw Rejection.usedLink }
    }

    private func note(_ rejection: Rejection) {
        rejection.count()
        Logger.current.info(
            "The request was rejected.", metadata: ["reason": "\(rejection.reason)", "detail": "\(rejection.detail)"])
    }
}
