import FoundationEssentials
import JWT
import Libcrypto

/// A key of the probe, which no service may trust, for one algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
struct OwnKey {
    private enum Material {
        case secret([UInt8])
        case ed25519(Ed25519Key)
        case pair(PrivateKey, usesPSS: Bool)
    }

    /// The `kid` of the key.
    static let id = "probe"
    /// A secret that anybody can make.
    static let secret = sha256(Array("probe".utf8))

    let algorithm: String
    private let material: Material
    private let function: HashFunction

    /// A key for the algorithm with this name; nil for another algorithm.
    init?(for algorithm: String) {
        self.algorithm = algorithm
        function =
            switch algorithm.suffix(3) {
            case "384": .sha384
            case "512": .sha512
            default: .sha256
            }
        let kind: PrivateKey.Kind
        switch algorithm {
        case "HS256", "HS384", "HS512":
            // The secret has the size of the longest hash.
            material = .secret(Self.secret + Self.secret)
            return
        case "EdDSA", "Ed25519":
            guard let key = Ed25519Key(seed: Self.secret) else { return nil }
            material = .ed25519(key)
            return
        case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512": kind = .rsa
        case "ES256": kind = .p256
        case "ES384": kind = .p384
        case "ES512": kind = .p521
        default: return nil
        }
        guard let key = PrivateKey(generating: kind) else { return nil }
        material = .pair(key, usesPSS: algorithm.hasPrefix("PS"))
    }

    /// The key as a JWK: the public key of a pair, otherwise the secret.
    var jwk: JSONValue {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
        let members: [(String, JSONValue)] =
            switch material {
            case .secret(let secret): [("kty", "oct"), ("k", text(secret))]
            case .ed25519(let key): [("kty", "OKP"), ("crv", "Ed25519"), ("x", text(key.publicKey))]
            case .pair(let key, _) where key.kind == .rsa:
                [("kty", "RSA"), ("n", text(key.publicNumbers.first)), ("e", text(key.publicNumbers.second))]
            case .pair(let key, _):
                [
                    ("kty", "EC"), ("crv", .string(key.kind.rawValue)), ("x", text(key.publicNumbers.first)),
                    ("y", text(key.publicNumbers.second)),
                ]
            }
        let common: [(String, JSONValue)] = [("alg", .string(algorithm)), ("kid", .string(Self.id)), ("use", "sig")]
        return .object((members + common).map { JSONValue.Member($0.0, $0.1) })
    }

    /// The certificate in DER; nil for a key without one.
    var certificate: [UInt8]? {
        if case .pair(let key, _) = material { key.certificateInDER } else { nil }
    }

    /// The public key in PEM on one line of base64; nil for a key without one.
    var publicKeyText: String? {
        if case .pair(let key, _) = material { Self.pem("PUBLIC KEY", key.publicKeyInDER) } else { nil }
    }

    func signature(of input: [UInt8]) -> [UInt8] {
        switch material {
        case .secret(let secret): HMACKey(function, secret: secret).code(for: input.span)
        case .ed25519(let key): key.signature(for: input)
        case .pair(let key, let usesPSS): key.signature(for: input, function, usesPSS: usesPSS)
        }
    }

    /// The textual encoding of bytes (RFC 7468).
    static func pem(_ label: String, _ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }
}
