public import Foundation
public import HTTPTypes
import JWT
import Libcrypto
public import ServiceRuntime

/// Signs the tokens with which a service calls another, and its own links: sixty seconds, one request.
public struct ServiceTokenIssuer: Sendable {
    private let issuer: String
    private let keys: KeySource
    private let clock: WallClock

    private static let idBytes = 16

    /// Tokens that the service `issuer` signs with the first of `keys`.
    public init(issuer: String, keys: KeySource, clock: WallClock) {
        self.issuer = issuer
        self.keys = keys
        self.clock = clock
    }

    /// A token for one request to another service.
    ///
    /// - Parameters:
    ///   - audience: The name of the service that is called.
    ///   - scope: What the call needs.
    ///   - user: The account on whose behalf the service calls; nil when it calls as itself.
    ///   - method: The method of the request.
    ///   - path: The path of the request, percent-encoded, without the server's address.
    /// - Throws: `JWTError` when the token cannot be made.
    public func token(
        for audience: String, scope: String, onBehalfOf user: String? = nil, method: HTTPRequest.Method, path: String
    ) throws -> String {
        var claims = claims(.service, for: audience, subject: user ?? issuer, method: method, path: path)
        claims.scope = scope
        claims.actor = user == nil ? nil : issuer
        return try TokenType.service.signer(keys: keys.keys).sign(claims)
    }

    /// A token that makes a link to this very service good for one GET, once.
    ///
    /// - Parameters:
    ///   - path: The path of the link, percent-encoded; the token is added to it as the query parameter `token`.
    ///   - user: The account that the link acts for.
    /// - Throws: `JWTError` when the token cannot be made.
    public func link(to path: String, for user: String) throws -> (token: String, expiresAt: Date) {
        let claims = claims(.link, for: issuer, subject: user, method: .get, path: path)
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
