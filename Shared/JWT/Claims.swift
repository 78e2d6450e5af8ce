/// What a token says, for signing.
public struct Claims: Sendable {
    /// `iss`: who issued the token (RFC 7519 section 4.1.1).
    public var issuer: String?
    /// `sub`: whom the token is about (section 4.1.2).
    public var subject: String?
    /// `aud`: for whom it is meant (section 4.1.3). One name is written as a string, several as an array.
    public var audience: [String]
    /// `exp`: from when on it is refused (section 4.1.4).
    public var expiresAt: NumericDate?
    /// `nbf`: until when it is refused (section 4.1.5).
    public var notBefore: NumericDate?
    /// `iat`: when it was issued (section 4.1.6).
    public var issuedAt: NumericDate?
    /// `jti`: the token's own name (section 4.1.7).
    public var id: String?
    /// `scope`: what it allows, separated by spaces (RFC 8693 section 4.2).
    public var scope: String?
    /// `sid`: the session that it belongs to (OpenID Connect Front-Channel Logout section 3).
    public var sessionID: String?
    /// `username`: the account's name (RFC 7662 section 2.2).
    public var username: String?
    /// `qsh`: the hash of the one request that it is good for.
    public var queryHash: String?
    /// `act.sub`: who acts on behalf of the subject (RFC 8693 section 4.1).
    public var actor: String?
    /// Every other claim, in the order in which they are written.
    public var others: [JSONValue.Member]

    /// The claims given, and no others.
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
