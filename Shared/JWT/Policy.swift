/// The requirements of a verifier for a token, besides a valid signature.
public struct Policy: Sendable {
    /// The `typ` that the header must name, compared as a media type (RFC 8725 section 3.11). A missing `typ` counts as
    /// `JWT`. Nil accepts every type.
    public var type: String?
    /// The trusted issuers, one of which the token must name in `iss`. Nil turns the check off.
    public var issuers: [String]?
    /// The name of this verifier, which the token must name in `aud`. A verifier whose name is nil rejects every token that
    /// has an `aud` (RFC 7519 section 4.1.3).
    public var audience: String?
    /// The allowed difference between the clocks of issuer and verifier, in seconds: 0 to `maximumLeeway`.
    public private(set) var leeway: Int64
    /// The names of the claims that the token must have.
    public var required: [String]
    /// The size of the largest token that the verifier reads, in bytes.
    public var maximumTokenBytes: Int

    /// Whether the verifier also checks the types of known claims that RFC 7519 does not define. It always checks the
    /// types of the claims of RFC 7519.
    package var checksPrivateClaims = true

    /// The largest leeway, in seconds. RFC 7519 section 4.1.4 suggests "no more than a few minutes".
    public static let maximumLeeway: Int64 = 300
    /// The default of `maximumTokenBytes`, in bytes: the limit of common servers for header fields.
    public static let defaultMaximumTokenBytes = 16 * 1024

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - type: The `typ` of the header; nil accepts every type.
    ///   - issuers: The accepted values of `iss`; nil accepts every issuer.
    ///   - audience: The name of this verifier, which `aud` must contain; nil rejects every token that has an `aud`.
    ///   - leeway: The allowed difference between clocks, in seconds. A value below 0 becomes 0, and a value above
    ///     `maximumLeeway` becomes `maximumLeeway`.
    ///   - required: The claims that a token must have.
    ///   - maximumTokenBytes: The size of the largest token that the verifier reads, in bytes.
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

    /// The policy for the cases of a conformance corpus: the rules of RFC 7519 alone, with any leeway.
    package init(corpusIssuers issuers: [String]?, audience: String?, leeway: Int64, required: [String]) {
        self.init(type: nil, issuers: issuers, audience: audience, required: required, maximumTokenBytes: 256 * 1024)
        self.leeway = max(leeway, 0)
        checksPrivateClaims = false
    }

    /// The policy for OAuth 2.0 access tokens of an issuer that follows RFC 9068 (section 2.2), with the `typ` `at+jwt`.
    public static func oauthAccess(issuer: String, audience: String, leeway: Int64 = 0) -> Policy {
        Policy(
            type: "at+jwt", issuers: [issuer], audience: audience, leeway: leeway,
            required: ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
    }
}
