import Foundation
import JWT
import Libcrypto
import ServiceRuntime

/// Issues access tokens: `iss sub aud iat exp jti sid username scope`, and nothing that is private.
struct AccessTokens: Sendable {
    let issuer: String
    /// The services that a token can open, and opens unless fewer are asked for.
    let audiences: [String]
    let lifeSeconds: Int
    /// The key that signs at this moment.
    let signer: @Sendable () -> Signer

    private static let idBytes = 16

    /// Signs a token for a session that allows `scope`.
    func issue(for session: Session, scope: Scope, at now: Date) throws -> String {
        let issuedAt = NumericDate(seconds: Int64(now.timeIntervalSince1970.rounded(.down)))
        return try signer().sign(
            Claims(
                issuer: issuer, subject: session.accountID.lowercase, audience: session.audience,
                expiresAt: issuedAt + Int64(lifeSeconds), issuedAt: issuedAt,
                id: Base64URL.encode(randomBytes(Self.idBytes)), scope: scope.text, sessionID: session.id.lowercase,
                username: session.username))
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
