/// What a verifier demands of a token besides a right signature.
public struct Policy: Sendable {
    /// The `typ` that the header must name, compared as a media type (RFC 8725 section 3.11); a missing one counts as
    /// `JWT`. Nil: any.
    public var type: String?
    /// The issuers that are trusted, one of which the token must name; nil: not checked.
    public var issuers: [String]?
    /// The name that this verifier knows itself by, which the token must name. Nil: it has none, and refuses a token that
    /// names someone
    /// (RFC 7519 section 4.1.3).
    public var audience: String?
    /// By how many seconds the clocks of issuer and verifier may differ: 0 to `maximumLeeway`.
    public private(set) var leeway: Int64
    /// The claims that must be there, by their names.
    public var required: [String]
    /// The largest token that is looked at, in bytes.
    public var maximumTokenBytes: Int

    /// Whether the claims of this system are held to their types too, as those of RFC 7519 always are.
    package var checksPrivateClaims = true

    /// The most leeway, in seconds. RFC 7519 speaks of "no more than a few minutes".
    public static let maximumLeeway: Int64 = 300
    /// The size limit where none is given, in bytes: what fits into the header fields of common servers.
    public static let defaultMaximumTokenBytes = 16 * 1024
    /// The size limit of a revocation list, in bytes.
    public static let maximumRevocationsBytes = 4 * 1024 * 1024

    /// A policy of one's own. Leeway outside of 0 to `maximumLeeway` is brought into it.
    public init(
        type: String? = "JWT", issuers: [String]?, audience: String?, leeway: Int64 = 0, required: [String] = ["exp"],
        maximumTokenBytes: Int = Policy.defaultMaximumTokenBytes
    ) {
        self.type = type
        self.issuers = issuers
        self.audience = audience
        self.leeway = min(max(leeway, 0), Self.maximumLeeway)
        self.required = required
        self.maximumTokenBytes = maximumTokenBytes
    }

    /// What the cases of a conformance corpus ask for: RFC 7519 alone, with any leeway.
    package init(corpusIssuers issuers: [String]?, audience: String?, leeway: Int64, required: [String]) {
        self.init(type: nil, issuers: issuers, audience: audience, required: required, maximumTokenBytes: 256 * 1024)
        self.leeway = max(leeway, 0)
        checksPrivateClaims = false
    }

    /// A user's access token of the login service, `typ` `JWT`.
    public static func access(issuer: String, audience: String, leeway: Int64 = 0) -> Policy {
        Policy(
            issuers: [issuer], audience: audience, leeway: leeway, required: ["iss", "sub", "aud", "exp", "jti"])
    }

    /// What one service sends to another, `typ` `service+jwt`, issued by one of `issuers`.
    public static func service(issuers: [String], audience: String, leeway: Int64 = 0) -> Policy {
        Policy(
            type: "service+jwt", issuers: issuers, audience: audience, leeway: leeway,
            required: ["iss", "sub", "aud", "exp", "jti"])
    }

    /// A link that is good for one request, `typ` `link+jwt`, issued by the service that takes it.
    public static func link(issuer: String, audience: String, leeway: Int64 = 0) -> Policy {
        Policy(
            type: "link+jwt", issuers: [issuer], audience: audience, leeway: leeway,
            required: ["iss", "sub", "aud", "exp", "jti", "qsh"])
    }

    /// The revocation list of the login service, `typ` `revocations+jwt`.
    public static func revocations(issuer: String, leeway: Int64 = 0) -> Policy {
        Policy(
            type: "revocations+jwt", issuers: [issuer], audience: nil, leeway: leeway,
            required: ["iss", "iat", "exp", "seq", "reset", "entries"], maximumTokenBytes: maximumRevocationsBytes)
    }

    /// An OAuth 2.0 access token of any issuer that follows RFC 9068 (section 2.2), `typ` `at+jwt`.
    public static func oauthAccess(issuer: String, audience: String, leeway: Int64 = 0) -> Policy {
        Policy(
            type: "at+jwt", issuers: [issuer], audience: audience, leeway: leeway,
            required: ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
    }
}
