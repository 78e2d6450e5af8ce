/// The decision of a verifier about a token, check by check, for people to read.
///
/// The checks are those of `Verifier.verify`, so both come to the same decision. A program calls `verify`.
public struct Explanation: Sendable {
    /// The checks of a verifier, in their order.
    public enum Check: Int, CaseIterable, Sendable {
        /// The token consists of three parts of strict base64url, is not too large, and has a header in strict JSON.
        case form
        /// The `alg` of the header is that of a key.
        case algorithm
        /// The header has the expected `typ`, and nothing that this module does not support.
        case header
        /// The `kid` of the header names a key.
        case key
        /// The signature matches the header and the payload.
        case signature
        /// The payload is one strict JSON object, and the values of its claims have the right types.
        case payload
        /// The claims that the policy requires are present.
        case presence
        /// The verifier trusts the issuer (`iss`).
        case issuer
        /// The token names the verifier as its audience (`aud`).
        case audience
        /// The token has not expired (`exp`).
        case expiry
        /// The token is valid already (`nbf`).
        case start
    }

    /// The result of one check.
    public enum Result: Sendable, Hashable {
        /// The token meets the demand.
        case passed
        /// The token is rejected.
        case failed(JWTError)
        /// An earlier check failed, and this check depends on it.
        case notReached
    }

    private let errors: [Check: JWTError]
    private let lastCheck: Check

    /// The explanation of a token whose claims were checked.
    init(claimErrors errors: [Check: JWTError]) {
        self.errors = errors
        lastCheck = .start
    }

    /// The explanation of a token that was rejected before its claims were checked.
    init(rejectedAt check: Check, _ error: JWTError) {
        errors = [check: error]
        lastCheck = check
    }

    /// The result of a check.
    public subscript(check: Check) -> Result {
        if let error = errors[check] { return .failed(error) }
        return check.rawValue <= lastCheck.rawValue ? .passed : .notReached
    }

    /// The error that `Verifier.verify` throws; nil when it accepts the token.
    public var error: JWTError? {
        Check.allCases.lazy.compactMap { errors[$0] }.first
    }
}

extension Verifier {
    /// Explains the decision of `verify` about a token. Several checks of claims can fail at once.
    ///
    /// - Parameters:
    ///   - token: A token in the compact serialization (RFC 7515 section 3.1).
    ///   - now: The current time.
    public func explain(_ token: String, at now: NumericDate) -> Explanation {
        let payload: Range<Int>
        do throws(JWTError) {
            payload = try verifySignature(token.utf8.span).payload
        } catch {
            return Explanation(rejectedAt: error.checkBeforeClaims, error)
        }
        do throws(JWTError) {
            let errors = try Base64URL.withDecoded(token.utf8.span.extracting(payload)) { bytes throws(JWTError) in
                try compiled.errors(in: bytes, at: now)
            }
            guard let errors else { throw CompactToken.notBase64URL }
            return Explanation(claimErrors: errors)
        } catch {
            return Explanation(rejectedAt: error == CompactToken.notBase64URL ? .form : .payload, error)
        }
    }
}

extension JWTError {
    /// The check that threw this error, if it is one of those before the claims.
    fileprivate var checkBeforeClaims: Explanation.Check {
        switch code {
        case .algorithm: .algorithm
        case .critical: .header
        // The header of an encrypted token tells its form: five parts.
        case .unsupported: claim == "enc" ? .form : .header
        case .key: .key
        case .signature: .signature
        default: .form
        }
    }
}
