import FoundationEssentials
import JWT

/// The header parameter `alg`.
extension Check {
    static let algorithms: [Check] = [
        unsigned("alg-none", "RFC 8725 §3.2", "none"),
        unsigned("alg-none-mixed-case", "RFC 7515 §4.1.1", "nOnE"),
        unsigned("alg-none-uppercase", "RFC 7515 §4.1.1", "NONE"),
        unsigned("alg-none-space", "RFC 7515 §4.1.1", "none "),
        .token("alg-none-signature", "RFC 7518 §3.6", "alg none, with a signature") {
            $0.token(header: $0.header([("alg", "none")]), signature: .unrelated)
        },
        unsigned("alg-missing", "RFC 7515 §4.1.1", nil),
        unsigned("alg-null", "RFC 7515 §4.1.1", .null),
        unsigned("alg-empty", "RFC 7515 §4.1.1", ""),
        unsigned("alg-number", "RFC 7515 §4.1.1", 256),
        unsigned("alg-array", "RFC 7515 §4.1.1", ["none"]),
        .token("alg-unknown", "RFC 8725 §3.1", "alg HS1024") {
            $0.token(header: $0.header([("alg", "HS1024")]), signature: .unrelated)
        },
        .token("alg-psychic", "RFC 8725 §3.4", "an ECDSA signature of zeros") { forge in
            let sizes = ["ES384": 96, "ES512": 132]
            let algorithm = sizes[forge.algorithm] == nil ? "ES256" : forge.algorithm
            return forge.token(
                header: forge.header([("alg", .string(algorithm))]),
                signature: .bytes(Array(repeating: 0, count: sizes[algorithm] ?? 64)))
        },
        .token("alg-lowercase", "RFC 7515 §4.1.1", "alg in lower case, with a valid signature", needs: .keys) { forge in
            forge.key.map { forge.token(header: forge.header([("alg", .string($0.algorithm.lowercased()))])) }
        },
        .token("alg-other-hash", "RFC 8725 §3.1", "the algorithm with another hash, with the same key", needs: .keys) {
            forge in
            forge.key?.withOtherHash.map { key in
                let token = forge.token(header: forge.header([("alg", .string(key.algorithm))]), signature: .key(key))
                return forge.hostile(token.text, isSigned: true)
            }
        },
        confused("confused-pem", "the text of the public key") { $0 },
        confused("confused-pem-trimmed", "the text of the public key without its last newline") { text in
            String(decoding: text, as: UTF8.self).trimmingNewlines
        },
        confused("confused-der", "the bytes of the public key") { text in
            let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
            let base64 = lines.filter { !$0.hasPrefix("-----") }.joined()
            return Data(base64Encoded: base64).map { Array($0) } ?? []
        },
    ]

    private static func unsigned(_ name: String, _ rule: String, _ algorithm: JSONValue?) -> Check {
        .token(name, rule, "no signature, with \(algorithm.map { "alg \($0.text)" } ?? "no alg")") {
            $0.token(header: $0.header([("alg", algorithm)]), signature: .bytes([]))
        }
    }

    /// A token whose HMAC has a public key as its secret (RFC 8725 §2.1).
    private static func confused(_ name: String, _ summary: String, _ secret: @escaping @Sendable ([UInt8]) -> [UInt8])
        -> Check
    {
        .token(name, "RFC 8725 §3.1", "an HMAC with \(summary) as the secret", needs: .publicKey) { forge in
            forge.publicKey.map { forge.hmacToken([], secret: secret($0)) }
        }
    }
}

extension String {
    fileprivate var trimmingNewlines: [UInt8] {
        Array(Array(utf8).reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed())
    }
}
