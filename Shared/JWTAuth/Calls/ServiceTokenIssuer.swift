public import Foundation
public import HTTPTypes
import JWT
import Libcrypto
public import ServiceRuntime

/// Signs the tokens of a service: those for its calls to other services, and those of its links.
///
/// Each token is valid for one request and for sixty seconds.
public struct ServiceTokenIssuer: Sendable {
    private let issuer: String
    private let keys: KeySource
    private let clock: WallClock

    private static let idBytes = 16

    /// Creates the token issuer of the service `issuer`. It signs with the signing key of `keys`.
    public init(issuer: String, keys: KeySource, clock: WallClock) {
        self.issuer = issuer
        self.keys = keys
        self.clock = clock
    }

    /// Signs a token for one request to another service.
    ///
    /// - Parameters:
    ///   - audience: The name of the service that is called.
    ///   - scope: The scope that the request requires.
    ///   - user: The account on whose behalf the service calls; nil when the service acts as itself.
    ///   - method: The method of the request.
    ///   - path: The path of the request, with its query, percent-encoded.
    ///   - body: The body of the request; nil for a request without a body.
    /// - Throws: `JWTError` when the token cannot be signed.
    public func token(
        for audience: String, scope: String, onBehalfOf user: String? = nil, method: HTTPRequest.Method, path: String,
        body: [UInt8]? = nil
    ) throws -> String {
        var claims = claims(.service, for: audience, subject: user ?? issuer, method: method, path: path)
        claims.scope = scope
        claims.actor = user == nil ? nil : issuer
        if let body { claims.others = [.init(RequestHash.bodyClaim, .string(RequestHash.of(body: body)))] }
        return try TokenType.service.signer(keys: keys.keys).sign(claims)
    }

    /// Signs a token for a link to this service, which is valid for one GET request.
    ///
    /// - Parameters:
    ///   - path: The path of the link, percent-encoded. The link also has the query parameter `token`.
    ///   - user: The user who asks for the link. The link acts for this user until the user's session ends.
    /// - Returns: the token, and the time at which it expires.
    /// - Throws: `JWTError` when the token cannot be signed.
    public func link(to path: String, for user: Identity) throws -> (token: String, expiresAt: Date) {
        var claims = claims(.link, for: issuer, subject: user.subject, method: .get, path: path)
        claims.sessionID = user.token.sessionID
        if let client = user.token.clientID { claims.others = [.init("client_id", .string(client))] }
        // A revocation of an account or a client names the time before which the revoked access tokens were issued. The
        // link has the time of its access token, so the revocation covers both.
        claims.issuedAt = user.token.issuedAt
        let token = try TokenType.link.signer(keys: keys.keys).sign(claims)
        return (token, Date(claims.expiresAt ?? clock.second))
    }

    private func claims(
        _ type: TokenType, for audience: String, subject: String, method: HTTPRequest.Method, path: String
    ) -> Claims {
        let now = clock.second
        let parts = path.split(separator: "?", maxSplits: 1)
        return Claims(
            issuer: issuer, subject: subject, audience: [audience], expiresAt: type.expiry(issuedAt: now),
            issuedAt: now, id: Base64URL.encode(randomBytes(Self.idBytes)),
            queryHash: RequestHash.of(
                method: method.rawValue, path: parts.first.map(String.init) ?? "/",
                query: parts.count > 1 ? String(parts[1]) : nil))
    }
}
