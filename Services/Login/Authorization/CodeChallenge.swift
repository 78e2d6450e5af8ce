import JWT
import Libcrypto
import ServiceRuntime

/// The code challenge of PKCE with the method `S256` (RFC 7636 §4.2): the SHA-256 of a secret of the client.
///
/// Every client must send one. A thief of the code does not have the secret, and a client detects a code that an attacker
/// injects (RFC 9700 §2.1.1).
struct CodeChallenge: Sendable, Equatable {
    private static let hashBytes = 32
    private static let verifierBytes = 43...128

    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Throws: `OAuthError` with `invalid_request` when the challenge is missing or malformed, or its method is missing
    ///   or another one. The method `plain`, which a missing one means, would reveal the secret.
    init(_ parameters: AuthorizationParameters) throws(OAuthError) {
        guard let text = parameters.value(of: "code_challenge") else {
            throw OAuthError(.invalidRequest, "The parameter code_challenge is missing: PKCE is required.")
        }
        guard parameters.value(of: "code_challenge_method") == "S256" else {
            throw OAuthError(.invalidRequest, "The parameter code_challenge_method must be S256.")
        }
        guard let bytes = Base64URL.decode(text), bytes.count == Self.hashBytes else {
            throw OAuthError(.invalidRequest, "The parameter code_challenge is not a SHA-256 in base64url.")
        }
        self.bytes = bytes
    }

    /// Whether this is the challenge of a verifier, in constant time. No other text than 43 to 128 unreserved characters
    /// is a verifier (RFC 7636 §4.1).
    func matches(_ verifier: String) -> Bool {
        Self.verifierBytes.contains(verifier.utf8.count) && verifier.utf8.allSatisfy(\.isURIUnreserved)
            && equalInConstantTime(sha256(Array(verifier.utf8)), bytes)
    }
}
