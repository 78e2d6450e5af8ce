/// Why a token was refused, or could not be signed.
///
/// No part of the token stands in it, so that it can be logged.
public struct JWTError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal. Of several that are true of a token, the most specific is reported.
    public enum Code: String, Sendable, CaseIterable {
        /// Not three strict base64url segments with strict JSON objects in them.
        case malformed
        /// The header's `alg` is missing, or is not what the verifier allows for the key.
        case algorithm
        /// There is no key to check it with: an unknown `kid`, or a secret that may not be used.
        case key
        /// The signature is not that of the text before it.
        case signature
        /// The header has `crit`, and this module understands no extension (RFC 7515 section 4.1.11).
        case critical
        /// `exp` has come (RFC 7519 section 4.1.4).
        case expired
        /// `nbf` has not come (RFC 7519 section 4.1.5).
        case notYetValid
        /// `aud` does not name this verifier, or names someone and this verifier has no name (RFC 7519 section 4.1.3).
        case audience
        /// `iss` is not an issuer that this verifier trusts (RFC 7519 section 4.1.1).
        case issuer
        /// A claim that the policy requires is not there.
        case missingClaim
        /// A claim is there with a value that it must not have.
        case invalidClaim
        /// A token of another kind: encrypted, nested, with an unencoded payload, or of a `typ` that is not wanted here.
        case unsupported
        /// Larger or deeper than allowed.
        case limit
    }

    /// What kind of refusal it is.
    public let code: Code
    /// The claim or header parameter that it is about.
    public let claim: String?
    /// For `expired`, how long ago; for `notYetValid`, how long still; in seconds, leeway not counted.
    public let seconds: Int64?
    private let sentence: String

    /// One sentence that says what is wrong.
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
