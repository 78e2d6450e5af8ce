import FoundationEssentials
import JWT

/// Header parameters that offer or name a key (RFC 7515 §4.1.2 to §4.1.8). The tokens are signed with that key, in the
/// algorithm of the good token.
extension Check {
    static let keys: [Check] = [
        .token("jwk", "RFC 7515 §4.1.3", "a key in the header, which signed the token", needs: .ownKey) { forge in
            forge.ownKey.map { forge.ownToken([("kid", nil), ("jwk", $0.ownJWK)], $0) }
        },
        .token("jwk-ed25519", "RFC 7515 §4.1.3", "a public key in the header, whose private key signed the token") {
            forge in
            OwnKey.make(for: "EdDSA").map { forge.ownToken([("kid", .string(OwnKey.id)), ("jwk", $0.ownJWK)], $0) }
        },
        .token(
            "jku", "RFC 7515 §4.1.2", "the URL of a key set in the header, which signed the token", needs: .keyServer
        ) {
            forge in
            forge.ownKey.map {
                let url = forge.keyServers?.keySet.url ?? unservedURL
                return forge.ownToken([("kid", .string(OwnKey.id)), ("jku", .string(url))], $0)
            }
        },
        .token(
            "x5u", "RFC 7515 §4.1.5", "the URL of a certificate in the header, which signed the token",
            needs: .keyServer
        ) { forge in
            forge.certificateKey.map {
                let url = forge.keyServers?.certificate.url ?? unservedURL
                return forge.ownToken([("kid", .string(OwnKey.id)), ("x5u", .string(url))], $0)
            }
        },
        .token("x5c", "RFC 7515 §4.1.6", "a certificate in the header, which signed the token") { forge in
            forge.certificateKey.flatMap { key in
                key.certificate.map { certificate in
                    let chain: JSONValue = [.string(Data(certificate).base64EncodedString())]
                    return forge.ownToken([("kid", nil), ("x5c", chain)], key)
                }
            }
        },
        named("kid-unknown", "an unknown kid", .string(OwnKey.id)),
        named("kid-empty", "an empty kid", ""),
        .token("kid-path", "RFC 8725 §3.10", "a kid that is the path of an empty file", needs: .hmac) {
            $0.hmacToken([("kid", "../../../../../../dev/null")], secret: [])
        },
        .token("kid-sql", "RFC 8725 §3.10", "a kid that is SQL, with a key as its result", needs: .ownKey) { forge in
            func sql(_ key: String) -> (String, JSONValue?) { ("kid", .string("x' UNION SELECT '\(key)' -- ")) }
            if forge.usesHMAC { return forge.hmacToken([sql("probe")], secret: Array("probe".utf8)) }
            return forge.ownKey.flatMap { key in key.publicKeyText.map { forge.ownToken([sql($0)], key) } }
        },
        named("kid-long", "a kid of 2,000 characters", .string(String(repeating: "k", count: 2000))),
        named("kid-number", "a kid that is a number", 7),
        named("kid-object", "a kid that is an object", [:]),
    ]

    /// The URL of a token that is only printed.
    private static let unservedURL = "http://127.0.0.1:9/"

    private static func named(_ name: String, _ summary: String, _ value: JSONValue) -> Check {
        .token(name, "RFC 8725 §3.10", summary, needs: .ownKey) { forge in
            forge.ownKey.map { forge.ownToken([("kid", value)], $0) }
        }
    }
}
