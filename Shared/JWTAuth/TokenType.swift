public import JWT

/// A type of token in this system, stated once for the service that signs it and for the services that verify it. The
/// command `jwt`, which does not import this module, has the file as a symbolic link.
public struct TokenType: Sendable {
    /// The `typ` of the header. A verifier rejects every other type (RFC 8725 §3.11).
    public let typ: String
    /// The claims that a verifier requires.
    public let requiredClaims: [String]
    /// The maximum size of a token that a verifier reads, in bytes.
    public let maximumBytes: Int
    /// The time from `iat` to `exp`, in seconds; nil for a token without `exp`.
    public let lifetimeSeconds: Int64?

    /// The issuer of access tokens, if `JWT_ISSUER` is not set.
    public static let defaultIssuer = "http://localhost:8080"
    /// The lifetime of an access token in seconds, if `ACCESS_TOKEN_TTL` is not set.
    public static let accessLifetimeSeconds: Int64 = 600
    /// The maximum lifetime of an access token in seconds: a week. Services keep revocations at least as long.
    public static let maximumAccessLifetimeSeconds: Int64 = 604_800
    /// The lifetime of a token for one request or one response, in seconds.
    public static let requestLifetimeSeconds: Int64 = 60

    private init(
        _ typ: String, requires requiredClaims: [String], maximumBytes: Int = Policy.defaultMaximumTokenBytes,
        lifetimeSeconds: Int64?
    ) {
        self.typ = typ
        self.requiredClaims = requiredClaims
        self.maximumBytes = maximumBytes
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// The access token of a user. Login signs it, with the lifetime that `ACCESS_TOKEN_TTL` sets.
    public static let access = TokenType(
        "JWT", requires: ["iss", "sub", "aud", "exp", "jti"], lifetimeSeconds: accessLifetimeSeconds)

    /// The token of one service for one request to another service. The calling service signs it.
    public static let service = TokenType(
        "service+jwt", requires: ["iss", "sub", "aud", "exp", "jti"], lifetimeSeconds: requestLifetimeSeconds)

    /// The token in a link that a browser may open once. The service that the link leads to signs it.
    public static let link = TokenType(
        "link+jwt", requires: ["iss", "sub", "aud", "exp", "jti", "qsh"], lifetimeSeconds: requestLifetimeSeconds)

    /// A page of the revocation feed. Login signs it.
    public static let revocationPage = TokenType(
        "revocations+jwt", requires: ["iss", "iat", "exp", "seq", "reset", "entries"],
        maximumBytes: 4 * 1024 * 1024, lifetimeSeconds: requestLifetimeSeconds)

    /// A line of the file in which a service keeps its revocation list. The service itself signs it.
    public static let revocationFileLine = TokenType(
        "revocation-list+jwt", requires: ["iss", "iat"], maximumBytes: 4 * 1024 * 1024, lifetimeSeconds: nil)
}

extension TokenType {
    /// The `exp` of a token that is issued at `now`; nil for a type without `exp`.
    public func expiry(issuedAt now: NumericDate) -> NumericDate? {
        lifetimeSeconds.map { now + $0 }
    }

    /// A signer for tokens of this type.
    public func signer(keys: KeySet) -> Signer {
        Signer(keys: keys, type: typ)
    }

    /// The policy by which a verifier accepts tokens of this type.
    ///
    /// - Parameters:
    ///   - issuers: The issuers that the verifier trusts.
    ///   - audience: The name of the verifier; nil for a type without `aud`.
    ///   - leeway: The difference between two clocks that the verifier allows, in seconds.
    public func policy(issuers: [String], audience: String?, leeway: Int64 = 0) -> Policy {
        Policy(
            type: typ, issuers: issuers, audience: audience, leeway: leeway, required: requiredClaims,
            maximumTokenBytes: maximumBytes)
    }
}
