public import Foundation
public import JWT
public import JWTAuth
import ServiceRuntime

/// Signs tokens of users and services with the secret of the tests, instead of login and the services.
public struct TokenMint: Sendable {
    /// The `JWT_SECRET` of the services under test.
    public static let secret = "hall-pass-tests-hold-this-secret-0123456789"
    /// The `JWT_ISSUER` of the services under test.
    public static let issuer = "http://localhost:8080"

    private let clock: TestClock

    /// Signs tokens that are issued at the time of `clock`.
    public init(_ clock: TestClock) {
        self.clock = clock
    }

    /// The environment of a service under test: a database in memory, no logs, and `secret`. Login knows the services of
    /// the shop, whatever services the project has.
    public static let environment = [
        "PORT": "0", "LOG_LEVEL": "critical", "DATABASE_URL": "sqlite::memory:", "JWT_SECRET": secret,
        "TOKEN_AUDIENCES": "login catalog orders inbox",
        "SERVICE_URLS": zip(["login", "catalog", "orders", "inbox", "compare"], 8080...)
            .map { "\($0)=http://localhost:\($1)" }.joined(separator: " "),
    ]

    /// The claims of a valid access token of a user, which a test may change.
    public func userClaims(_ subject: UUID, audience: String, scope: String) -> Claims {
        let now = NumericDate(seconds: Int64(clock.now.timeIntervalSince1970))
        return Claims(
            issuer: Self.issuer, subject: subject.lowercase, audience: [audience],
            expiresAt: TokenType.access.expiry(issuedAt: now), issuedAt: now,
            id: UUID().lowercase, scope: scope, sessionID: UUID().lowercase, username: "alice")
    }

    /// Signs claims with this value of the header `typ`.
    public func sign(_ claims: Claims, type: String = TokenType.access.typ, secret: String = TokenMint.secret) throws
        -> String
    {
        try Signer(key: Key(secret: Array(secret.utf8)), type: type).sign(claims)
    }

    /// A valid access token of a user.
    public func user(_ subject: UUID, audience: String, scope: String) throws -> String {
        try sign(userClaims(subject, audience: audience, scope: scope))
    }

    /// A valid access token of a client that acts as itself (`client_credentials`).
    public func client(_ id: String, audience: String, scope: String) throws -> String {
        var claims = userClaims(UUID(), audience: audience, scope: scope)
        (claims.subject, claims.sessionID, claims.username) = (id, nil, nil)
        claims.others = [.init("client_id", .string(id))]
        return try sign(claims)
    }

    /// A token of a service for a single request, whose hash is `requestHash`.
    public func service(
        _ issuer: String, audience: String, scope: String, requestHash: String, onBehalfOf user: UUID? = nil
    ) throws -> String {
        let now = NumericDate(seconds: Int64(clock.now.timeIntervalSince1970))
        return try sign(
            Claims(
                issuer: issuer, subject: user?.lowercase ?? issuer, audience: [audience],
                expiresAt: TokenType.service.expiry(issuedAt: now),
                issuedAt: now, id: UUID().lowercase, scope: scope, queryHash: requestHash,
                actor: user == nil ? nil : issuer),
            type: TokenType.service.typ)
    }
}
