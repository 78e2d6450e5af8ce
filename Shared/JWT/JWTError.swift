/// The reason why a token was rejected, or could not be signed.
///
/// It holds no part of the token, so it is safe to log.
public struct JWTError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reasons. When several apply to a token, the error has the most specific one.
    public enum Code: String, Sendable, CaseIterable {
        /// The token is not three parts of strict base64url, or its header or payload is not a strict JSON object.
        case malformed
        /// The `alg` of the header is missing, or the key does not allow it.
        case algorithm
        /// There is no key for the token: the `kid` is unknown, or the secret is not allowed.
        case key
        /// The signature does not match the header and the payload.
        case signature
        /// The header has `crit`. This module supports no extension (RFC 7515 section 4.1.11).
        case critical
        /// The token has expired (`exp`, RFC 7519 section 4.1.4).
        case expired
        /// The token is not valid yet (`nbf`, RFC 7519 section 4.1.5).
        case notYetValid
        /// The token has an `aud` that does not name the verifier. A verifier without a name rejects every `aud` (RFC 7519
        /// section 4.1.3).
        case audience
        /// The verifier does not trust the issuer (`iss`, RFC 7519 section 4.1.1).
        case issuer
        /// A claim that the policy requires is missing.
        case missingClaim
        /// A claim has a value that is not allowed.
        case invalidClaim
        /// The token is encrypted, nested, has an unencoded payload, or has a `typ` other than the expected one.
        case unsupported
        /// A size or a depth exceeds its limit.
        case limit
    }

    /// The reason.
    public let code: Code
    /// The claim or header parameter that the error concerns.
    public let claim: String?
    /// The time since the expiry (code `expired`), or the time until the token becomes valid (code `notYetValid`). Both
    /// are in seconds, without the leeway.
    public let seconds: Int64?
    private let sentence: String

    /// One sentence for people.
    public var description: String {
        switch (code, claim, seconds) {
        case (.expired, _, let seconds?): "the token expired \(seconds) seconds ago"
        case (.notYetValid, _, let seconds?): "the token becomes valid in \(seconds) seconds"
        case (.missingClaim, let claim?, _), (.invalidClaim, let claim?, _): "\(sentence) (\(claim))"
        default: sentence
        }
    }

    init(_ code: Code, _ sentence: String, claim: String? = nil, seconds: Int64? = nil) {
        self.code = code
        self.sentence = sentence
        self.claim = claim
        self.seconds = seconds
    }
}
