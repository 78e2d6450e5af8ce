import Foundation
import JWT
import JWTAuth
import Libcrypto
import ServiceRuntime

/// Issues access tokens, and recognizes them: `iss sub aud iat exp jti sid username scope`, and nothing that is private.
struct AccessTokenIssuer: Sendable {
    let issuer: String
    /// The services that a token can open, and opens unless fewer are asked for.
    let audiences: [String]
    let lifetimeSeconds: Int
    let leewaySeconds: Int
    let keys: KeySource

    private static let idBytes = 16

    /// How many seconds a token lives that is issued at `now`: as long as the others, but not longer than its session, nor
    /// than was asked for.
    func life(for session: Session, atMost wanted: Int = .max, at now: Date) -> Int {
        min(wanted, lifetimeSeconds, Int(session.expiresAt.timeIntervalSince(now).rounded(.up)))
    }

    /// Signs a token for a session that allows `scope`.
    func issue(for session: Session, scope: Scope, atMost wanted: Int = .max, at now: Date) throws -> String {
        let issuedAt = NumericDate(now)
        return try TokenType.access.signer(keys: keys.keys).sign(
            Claims(
                issuer: issuer, subject: session.accountID.lowercase, audience: session.audience,
                expiresAt: issuedAt + Int64(life(for: session, atMost: wanted, at: now)), issuedAt: issuedAt,
                id: Base64URL.encode(randomBytes(Self.idBytes)), scope: scope.text, sessionID: session.id.lowercase,
                username: session.username))
    }

    /// The token, when it is signed, has not expired and opens one of `services`. Whether it was revoked is another question.
    func verified(_ token: String, for services: [String], at now: Date) -> VerifiedToken? {
        let keys = keys.keys
        return services.lazy.compactMap { service in
            let policy = TokenType.access.policy(
                issuers: [issuer], audience: service, leeway: Int64(leewaySeconds))
            return try? Verifier(keys: keys, policy: policy).verify(token, at: NumericDate(now))
        }.first
    }

    /// The services of a request for `audience`, names with spaces between them; all when nothing is said.
    ///
    /// - Throws: `OAuthError` with `invalid_request` when one of them is none of `audiences`.
    func audience(_ requested: String?) throws(OAuthError) -> [String] {
        guard let requested else { return audiences }
        let names = requested.split(separator: " ").map(String.init)
        guard !names.isEmpty, names.allSatisfy(audiences.contains) else {
            throw OAuthError(.invalidRequest, "The audience names a service that tokens from here do not open.")
        }
        return audiences.filter(names.contains)
    }
}
