/// The claims of a token that a `Signer` signs.
///
/// If a claim has a property, set it through that property. Every other claim goes into `others`.
public struct Claims: Sendable {
    /// `iss`, the issuer of the token (RFC 7519 section 4.1.1).
    public var issuer: String?
    /// `sub`, the subject of the token (RFC 7519 section 4.1.2).
    public var subject: String?
    /// `aud`, the recipients of the token (RFC 7519 section 4.1.3). One name is written as a string, several as an array.
    public var audience: [String]
    /// `exp`, the time from which the token is rejected (RFC 7519 section 4.1.4).
    public var expiresAt: NumericDate?
    /// `nbf`, the time before which the token is rejected (RFC 7519 section 4.1.5).
    public var notBefore: NumericDate?
    /// `iat`, the time of issue (RFC 7519 section 4.1.6).
    public var issuedAt: NumericDate?
    /// `jti`, the identifier of the token (RFC 7519 section 4.1.7).
    public var id: String?
    /// `scope`, the scopes that the token grants, separated by spaces (RFC 8693 section 4.2).
    public var scope: String?
    /// `sid`, the session that the token belongs to (OpenID Connect Front-Channel Logout section 3).
    public var sessionID: String?
    /// `username`, the name of the account for people to read (RFC 7662 section 2.2).
    public var username: String?
    /// `qsh`, the hash of the one request that the token is for (Atlassian Connect, "query string hash").
    public var queryHash: String?
    /// `act.sub`, the party that acts on behalf of the subject (RFC 8693 section 4.1).
    public var actor: String?
    /// The claims without a property, in the order in which they are written.
    public var others: [JSONValue.Member]

    /// Creates claims. The token contains only the claims that are given.
    public init(
        issuer: String? = nil, subject: String? = nil, audience: [String] = [], expiresAt: NumericDate? = nil,
        notBefore: NumericDate? = nil, issuedAt: NumericDate? = nil, id: String? = nil, scope: String? = nil,
        sessionID: String? = nil, username: String? = nil, queryHash: String? = nil, actor: String? = nil,
        others: [JSONValue.Member] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.expiresAt = expiresAt
        self.notBefore = notBefore
        self.issuedAt = issuedAt
        self.id = id
        self.scope = scope
        self.sessionID = sessionID
        self.username = username
        self.queryHash = queryHash
        self.actor = actor
        self.others = others
    }
}
