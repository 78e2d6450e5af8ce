import Hummingbird
import JWTKit

/// Verifies the bearer token of a request with jwt-kit.
struct TokenMiddleware: RouterMiddleware {
    let keys: JWTKeyCollection
    let issuer, audience, scope: String

    func handle(
        _ request: Request, context: PeerContext, next: (Request, PeerContext) async throws -> Response
    ) async throws -> Response {
        guard let authorization = request.headers[.authorization], authorization.hasPrefix("Bearer ") else {
            throw HTTPError(.unauthorized)
        }
        let claims: Claims
        do {
            claims = try await keys.verify(String(authorization.dropFirst("Bearer ".count)), as: Claims.self)
            try claims.aud.verifyIntendedAudience(includes: audience)
        } catch is JWTError {
            throw HTTPError(.unauthorized)
        }
        guard claims.iss.value == issuer else { throw HTTPError(.unauthorized) }
        guard claims.scope.split(separator: " ").contains(where: { $0 == scope }) else { throw HTTPError(.forbidden) }
        var context = context
        context.account = claims.sub.value
        return try await next(request, context)
    }
}

/// The claims of an access token of login.
private struct Claims: JWTPayload {
    let iss: IssuerClaim
    let sub: SubjectClaim
    let aud: AudienceClaim
    let iat: IssuedAtClaim
    let exp: ExpirationClaim
    let jti: IDClaim
    let sid, username, scope: String

    func verify(using algorithm: some JWTAlgorithm) throws {
        try exp.verifyNotExpired()
    }
}
