import Foundation
import JWT
import JWTAuth
import Libcrypto
import ServiceRuntime

/// Issues access tokens and verifies them. Their claims are `iss sub aud iat exp jti sid username scope`; none is
/// secret.
struct AccessTokenIssuer: Sendable {
    let issuer: String
    /// The services that accept the tokens. A client may ask for fewer.
    let audiences: [String]
    let lifetimeSeconds: Int
    let leewaySeconds: Int
    let keys: KeySource

    private static let idBytes = 16

    /// A signed access token.
    struct AccessToken: Sendable {
        let text: String
        let lifetimeSeconds: Int
    }

    /// Issues an access token for a session.
    ///
    /// - Parameter maximumSeconds: The longest lifetime that the client wants. The token ends with its session at the
    ///   latest.
    /// - Throws: An error of signing the token.
    func issue(
        for session: Session, scope: Scope, maximumSeconds: Int = .max, at now: Date
    ) throws -> AccessToken {
        let issuedAt = NumericDate(now)
        let sessionSeconds = Int(session.expiresAt.timeIntervalSince(now).rounded(.up))
        let seconds = min(maximumSeconds, lifetimeSeconds, sessionSeconds)
        let text = try TokenType.access.signer(keys: keys.keys).sign(
            Claims(
                issuer: issuer, subject: session.accountID.lowercase, audience: session.audience,
                expiresAt: issuedAt + Int64(seconds), issuedAt: issuedAt,
                id: Base64URL.encode(randomBytes(Self.idBytes)), scope: scope.text, sessionID: session.id.lowercase,
                username: session.username))
        return AccessToken(text: text, lifetimeSeconds: seconds)
    }

    /// Verifies an access token for one of `services`. Nil when it is invalid or expired for all of them.
    ///
    /// Revoked tokens are not recognized here; `SessionStore.find` recognizes them.
    func verify(_ token: String, for services: [String], at now: Date) -> VerifiedToken? {
        let keys = keys.keys
        return services.lazy.compactMap { service in
            let policy = TokenType.access.policy(
                issuers: [issuer], audience: service, leeway: Int64(leewaySeconds))
            return try? Verifier(keys: keys, policy: policy).verify(token, at: NumericDate(now))
        }.first
    }

    /// The audience of a token for the parameter `audience`, in which spaces separate the names of services.
    ///
    /// - Parameter requested: The parameter; nil for all services.
    /// - Throws: `OAuthError` with `invalid_request` for a name that `audiences` does not have.
    func audience(_ requested: String?) throws(OAuthError) -> [String] {
        guard let requested else { return audiences }
        let names = requested.split(separator: " ").map(String.init)
        guard !names.isEmpty, names.allSatisfy(audiences.contains) else {
            throw OAuthError(
                .invalidRequest, "The audience names a service that does not accept tokens of this issuer.")
        }
        return audiences.filter(names.contains)
    }
}
