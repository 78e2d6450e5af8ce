public import Foundation
public import JWT
public import JWTAuth
public import ServiceRuntime
import Synchronization

/// A clock that stands still until it is moved.
public final class TestClock: Sendable {
    private let current: Mutex<Date>

    /// A clock that stands at a fixed time of the year 2026, or the given one.
    public init(_ date: Date = Date(timeIntervalSince1970: 1_780_000_000)) {
        current = Mutex(date)
    }

    /// The time that it shows.
    public var now: Date { current.withLock { $0 } }

    /// The clock as services take it.
    public var clock: WallClock { WallClock { self.now } }

    /// Moves the clock.
    public func advance(seconds: TimeInterval) {
        current.withLock { $0 += seconds }
    }
}

/// Makes the tokens of login and of the services with a secret of the tests.
public struct TokenMint: Sendable {
    /// `JWT_SECRET` of the services under test.
    public static let secret = "hall-pass-tests-hold-this-secret-0123456789"
    /// `JWT_ISSUER` of the services under test.
    public static let issuer = "http://localhost:8080"

    private let clock: TestClock

    /// Tokens that are fresh by `clock`.
    public init(_ clock: TestClock) {
        self.clock = clock
    }

    /// The environment of a service under test: a store in memory, no logs, and `secret`.
    public static let environment = [
        "PORT": "0", "LOG_LEVEL": "critical", "DATABASE_URL": "sqlite::memory:", "JWT_SECRET": secret,
    ]

    /// The claims of a user's access token, to change at will.
    public func userClaims(_ subject: UUID, audience: String, scope: String) -> Claims {
        let now = NumericDate(seconds: Int64(clock.now.timeIntervalSince1970))
        return Claims(
            issuer: Self.issuer, subject: subject.lowercase, audience: [audience],
            expiresAt: TokenType.access.expiry(issuedAt: now), issuedAt: now,
            id: UUID().lowercase, scope: scope, sessionID: UUID().lowercase, username: "alice")
    }

    /// Signs claims as `type`.
    public func sign(_ claims: Claims, type: String = TokenType.access.typ, secret: String = TokenMint.secret) throws
        -> String
    {
        try Signer(key: Key(secret: Array(secret.utf8)), type: type).sign(claims)
    }

    /// A user's access token.
    public func user(_ subject: UUID, audience: String, scope: String) throws -> String {
        try sign(userClaims(subject, audience: audience, scope: scope))
    }

    /// The token of a service for one request, which `requestHash` names.
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
