import JWT

/// Other encodings of the good token's bytes, and other numbers of parts.
extension Check {
    static let encodings: [Check] = [
        text("padding", "RFC 7515 §2", "the token with padding") { $0.goodToken + "=" },
        text("tail-bits", "RFC 4648 §3.5", "the token with bits set after its last byte") { forge in
            guard let last = forge.goodToken.last, let index = alphabet.firstIndex(of: last),
                forge.parts[2].count % 4 > 1
            else { return nil }
            // The last character has bits after the last byte; the lowest bit is one of them.
            return forge.goodToken.dropLast() + String(alphabet[index ^ 1])
        },
        text("standard-alphabet", "RFC 7515 §2", "the signature in the alphabet of base64") { forge in
            guard forge.parts[2].contains(where: "-_".contains) else { return nil }
            let signature = forge.parts[2].replacing("-", with: "+").replacing("_", with: "/")
            return (forge.parts.prefix(2) + [signature]).joined(separator: ".")
        },
        text("foreign-character", "RFC 7515 §2", "the token with a character outside of the alphabet") {
            $0.goodToken + "!"
        },
        text("percent-encoding", "RFC 7515 §2", "the token with its periods percent-encoded") {
            $0.goodToken.replacing(".", with: "%2E")
        },
        text("period-at-end", "RFC 7515 §7.1", "the token with a period after it") { $0.goodToken + "." },
        text("period-at-start", "RFC 7515 §7.1", "the token with a period before it") { "." + $0.goodToken },
        text("four-parts", "RFC 7515 §7.1", "the token with a fourth part") { $0.goodToken + ".e30" },
        text("many-periods", "RFC 7515 §7.1", "a token of 2,000 periods") { _ in String(repeating: ".", count: 2000) },
        text("five-parts", "RFC 7516 §9", "an encrypted token (JWE)") { forge in
            let header = Base64URL.encode(Array(#"{"alg":"dir","enc":"A128GCM"}"#.utf8))
            return header + "..AAAAAAAAAAAAAAAA.\(forge.parts[1]).AAAAAAAAAAAAAAAAAAAAAA"
        },
        text("json-serialization", "RFC 7519 §1", "the token in the JSON serialization") { forge in
            #"{"protected":"\#(forge.parts[0])","payload":"\#(forge.parts[1])","signature":"\#(forge.parts[2])"}"#
        },
        .token("oversized", "RFC 9110 §5.4", "a token of 40,000 bytes", expects: .noError) { forge in
            forge.token(claims: ("probe", .string(String(repeating: "x", count: 30_000))))
        },
    ]

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    private static func text(
        _ name: String, _ rule: String, _ summary: String, _ text: @escaping @Sendable (Forge) -> String?
    ) -> Check {
        .token(name, rule, summary) { forge in text(forge).map { forge.hostile($0) } }
    }
}
