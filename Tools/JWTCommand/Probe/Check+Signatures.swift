import JWT
import Libcrypto

/// The signature, and keys that anybody can guess.
extension Check {
    static let signatures: [Check] = [
        .token("signature-empty", "RFC 7515 §5.2", "an empty signature") { $0.token(signature: .bytes([])) },
        .token("signature-missing", "RFC 7515 §7.1", "header and payload without a signature") {
            $0.hostile($0.parts.prefix(2).joined(separator: "."))
        },
        .token("signature-zeros", "RFC 7515 §5.2", "a signature of zeros") { forge in
            forge.token(signature: .bytes(Array(repeating: 0, count: forge.signature.count)))
        },
        .token("signature-unrelated", "RFC 7515 §5.2", "a signature of another key") {
            $0.token(signature: .unrelated)
        },
        changed("signature-first-bit", "the signature with its first bit changed") { $0[0] ^= 0x80 },
        changed("signature-last-bit", "the signature with its last bit changed") { $0[$0.count - 1] ^= 1 },
        changed("signature-truncated", "the first half of the signature") { $0.removeLast($0.count / 2) },
        changed("signature-extended", "the signature with a byte after it") { $0.append(0) },
        .token("claims-changed", "RFC 7515 §5.2", "another sub, with the signature of the good token") {
            $0.token(payload: $0.claims([("sub", "probe")]), signature: .good)
        },
        .token("header-changed", "RFC 7515 §5.2", "another header, with the signature of the good token") {
            $0.token(header: $0.header([("probe", 1)]), signature: .good)
        },
        .token("key-empty", "RFC 7518 §3.2", "the HMAC of an empty secret") { $0.ownToken([], secret: []) },
        .token("key-example", "RFC 8725 §3.5", "the HMAC of a secret from a tutorial") { forge in
            let secret = guessedSecret(of: forge)
            let token = forge.ownToken([], secret: Array((secret ?? "secret").utf8))
            return forge.hostile(token.text, isSigned: secret != nil)
        },
    ]

    private static func changed(
        _ name: String, _ summary: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> Check {
        .token(name, "RFC 7515 §5.2", summary) { forge in
            var signature = forge.signature
            guard !signature.isEmpty else { return nil }
            change(&signature)
            // What is left of the signature must not be in a report.
            return forge.hostile(forge.token(signature: .bytes(signature)).text, isSigned: true)
        }
    }

    /// The secret of a tutorial that signed the good token; nil when none did.
    private static func guessedSecret(of forge: Forge) -> String? {
        let input = forge.parts.prefix(2).joined(separator: ".")
        return tutorialSecrets.first { secret in
            HMACKey(.sha256, secret: Array(secret.utf8)).isValid(
                forge.signature.span, for: Array(input.utf8).span)
        }
    }

    private static let tutorialSecrets = [
        "secret", "your-256-bit-secret", "a-string-secret-at-least-256-bits-long", "your-secret-key", "secret-key",
        "secretkey", "my-secret-key", "mysecretkey", "mysecret", "supersecret", "super-secret", "changeme", "change-me",
        "your_jwt_secret", "jwt_secret", "jwt-secret", "shhhhh", "key", "password", "123456", "hello", "test",
    ]
}
