import JWT

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
        .token("key-empty", "RFC 7518 §3.2", "the HMAC of an empty secret") { forge in
            forge.hostile(forge.hmacToken([], secret: []).text, isSigned: forge.isSigned(with: []))
        },
        .token("key-example", "RFC 8725 §3.5", "the HMAC of a secret from a tutorial", needs: .hmac) { forge in
            let secret = tutorialSecrets.map { Array($0.utf8) }.first(where: forge.isSigned)
            let token = forge.hmacToken([], secret: secret ?? Array("secret".utf8))
            return forge.hostile(token.text, isSigned: secret != nil)
        },
        .token("key-short", "RFC 7518 §3.2", "the HMAC of a secret shorter than the hash", needs: .keys) { forge in
            forge.key?.isShort == true ? forge.token(signature: .valid) : nil
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

    private static let tutorialSecrets = [
        "secret", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "your-secret-key", "secret-key",
        "your-secret-key-at-least-32-bytes-long", "your-secret-key-must-be-at-least-32-bytes-long",
        "secretkey", "my-secret-key", "mysecretkey", "mysecret", "supersecret", "super-secret", "changeme", "change-me",
        "your_jwt_secret", "jwt_secret", "jwt-secret", "shhhhh", "key", "password", "123456", "hello", "test",
    ]
}
