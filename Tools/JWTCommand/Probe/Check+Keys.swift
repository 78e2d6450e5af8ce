import FoundationEssentials
import JWT
import Libcrypto

/// Header parameters that offer or name a key (RFC 7515 §4.1.2 to §4.1.8). The tokens are signed with that key.
extension Check {
    static let keys: [Check] = [
        offered("jwk", "RFC 7515 §4.1.3", "a key in the header") { secret in
            ["kty": "oct", "alg": "HS256", "k": .string(Base64URL.encode(secret))]
        },
        .token("jwk-ed25519", "RFC 7515 §4.1.3", "a public key in the header, whose private key signed the token") {
            forge in
            let jwk: JSONValue = [
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "probe",
                "x": .string(Base64URL.encode(Forge.ownPrivateKey.publicKey)),
            ]
            let header = forge.header([("alg", "EdDSA"), ("kid", "probe"), ("jwk", jwk)])
            return forge.token(header: header, signature: .ed25519(Forge.ownPrivateKey))
        },
        // Nothing listens at the port 9 (discard).
        offered("jku", "RFC 7515 §4.1.2", "the URL of a key set in the header") { _ in "http://127.0.0.1:9/keys" },
        offered("x5u", "RFC 7515 §4.1.5", "the URL of a certificate in the header") { _ in "http://127.0.0.1:9/x5u" },
        offered("x5c", "RFC 7515 §4.1.6", "a certificate in the header") { secret in
            [.string(Data(secret).base64EncodedString())]
        },
        named("kid-unknown", "an unknown kid", "probe"),
        named("kid-empty", "an empty kid", ""),
        named("kid-path", "a kid that is the path of an empty file", "../../../../../../dev/null", secret: []),
        named("kid-sql", "a kid that is SQL", "x' UNION SELECT 'probe' -- ", secret: Array("probe".utf8)),
        named("kid-long", "a kid of 2,000 characters", .string(String(repeating: "k", count: 2000))),
        named("kid-number", "a kid that is a number", 7),
        named("kid-object", "a kid that is an object", [:]),
    ]

    private static func offered(
        _ name: String, _ rule: String, _ summary: String, _ value: @escaping @Sendable ([UInt8]) -> JSONValue
    ) -> Check {
        .token(name, rule, "\(summary), which signed the token") {
            $0.hmacToken([("kid", nil), (name, value(Forge.ownSecret))], secret: Forge.ownSecret)
        }
    }

    private static func named(
        _ name: String, _ summary: String, _ value: JSONValue, secret: [UInt8] = Forge.ownSecret
    ) -> Check {
        .token(name, "RFC 8725 §3.10", summary) { $0.hmacToken([("kid", value)], secret: secret) }
    }
}
