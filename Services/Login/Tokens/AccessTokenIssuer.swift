import Foundation
import JWT
import JWTAuth
import Libcrypto
import ServiceRuntime

/// Issues access tokens and verifies them. Their claims are `iss sub aud iat exp jti sid username scope`, and
/// `client_id` for a registered client (RFC 9068 §2.2); none is secret.
struct AccessTokenIssuer: Sendable {
    let issuer: String
    /// The services that accept the tokens.
    let services: ServiceDirectory
    let lifetimeSeconds: Int
    let leewaySeconds: Int
    let keys: KeySource

    private static let idBytes = 16

    /// The names of the services that accept the tokens.
    var audiences: [String] { services.names }

    /// A signed access token.
    struct AccessToken: Sendable {
        let text: String
        let lifetimeSeconds: Int
    }

    /// Issues an access token for a session.
    ///
    /// - Parameters:
    ///   - audience: The services that accept it; nil for all services of the session.
    ///   - maximumSeconds: The longest lifetime that the client wants. The token ends with its session at the latest.
    /// - Throws: An error of signing the token.
    func issue(
        for session: Session, scope: Scope, audience: [String]? = nil, maximumSeconds: Int = .max, at now: Date
    ) throws -> AccessToken {
        let sessionSeconds = Int(session.expiresAt.timeIntervalSince(now).rounded(.up))
        let seconds = min(maximumSeconds, lifetimeSeconds, sessionSeconds)
        var claims = Claims(subject: session.accountID.lowercase, audience: audience ?? session.audience)
        claims.sessionID = session.id.lowercase
        claims.username = session.username
        return try sign(claims, client: session.clientID, scope: scope, seconds: seconds, at: now)
    }

    /// Issues an access token to a client for itself: its subject is the client, and it belongs to no session (RFC 9068
    /// §2.2).
    ///
    /// - Throws: An error of signing the token.
    func issue(for client: Client, scope: Scope, audience: [String], at now: Date) throws -> AccessToken {
        let claims = Claims(subject: client.id, audience: audience)
        return try sign(claims, client: client.id, scope: scope, seconds: lifetimeSeconds, at: now)
    }

    /// Signs an access token with these claims and those that every access token has.
    ///
    /// - Parameters:
    ///   - claims: The subject, the audience and, for a session, its id and the user name.
    ///   - client: The id of the registered client; nil for none.
    ///   - seconds: The lifetime in seconds.
    /// - Throws: An error of signing the token.
    func sign(
        _ claims: Claims, client: String? = nil, scope: Scope, seconds: Int, at now: Date
    ) throws -> AccessToken {
        var claims = claims
        let issuedAt = NumericDate(now)
        claims.issuer = issuer
        claims.issuedAt = issuedAt
        claims.expiresAt = issuedAt + Int64(seconds)
        claims.id = Base64URL.encode(randomBytes(Self.idBytes))
        claims.scope = scope.text
        claims.others = client.map { [.init("client_id", .string($0))] } ?? []
        return AccessToken(
            text: try TokenType.access.signer(keys: keys.keys).sign(claims), lifetimeSeconds: seconds)
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
}
