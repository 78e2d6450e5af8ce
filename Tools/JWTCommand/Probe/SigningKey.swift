import FoundationEssentials
import JWT
import Libcrypto

/// A key that signs tokens in one algorithm (RFC 7518 §3.1, RFC 8037 §3.1). Its secret may have any length.
struct SigningKey {
    /// The key itself, which several algorithms can use.
    enum Material {
        case secret([UInt8])
        case ed25519(Ed25519Key)
        case pair(PrivateKey)

        var kind: Kind {
            switch self {
            case .secret: .secret
            case .ed25519: .ed25519
            case .pair(let key): .pair(key.kind)
            }
        }
    }

    /// The kind of key that an algorithm needs.
    enum Kind: Equatable {
        case secret, ed25519
        case pair(PrivateKey.Kind)

        /// The kind for the algorithm with this name; nil for an unknown algorithm.
        init?(for algorithm: String) {
            switch algorithm {
            case "HS256", "HS384", "HS512": self = .secret
            case "EdDSA", "Ed25519": self = .ed25519
            case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512": self = .pair(.rsa)
            case "ES256": self = .pair(.p256)
            case "ES384": self = .pair(.p384)
            case "ES512": self = .pair(.p521)
            default: return nil
            }
        }
    }

    let algorithm: String
    private let material: Material
    private let function: HashFunction

    /// nil for an unknown algorithm, and for a key of another kind than it needs.
    init?(_ algorithm: String, _ material: Material) {
        guard Kind(for: algorithm) == material.kind else { return nil }
        self.algorithm = algorithm
        self.material = material
        function =
            switch algorithm.suffix(3) {
            case "384": .sha384
            case "512": .sha512
            default: .sha256
            }
    }

    private var usesPSS: Bool { algorithm.hasPrefix("PS") }

    /// The same key for the algorithm with another hash; nil if the kind of key has only one algorithm.
    var withOtherHash: SigningKey? {
        SigningKey("\(algorithm.prefix(2))\(function == .sha512 ? 384 : 512)", material)
    }

    /// Whether it is a secret that is shorter than the hash (RFC 7518 §3.2).
    var isShort: Bool {
        if case .secret(let secret) = material { secret.count < function.byteCount } else { false }
    }

    func signature(of input: [UInt8]) -> [UInt8] {
        switch material {
        case .secret(let secret): HMACKey(function, secret: secret).code(for: input.span)
        case .ed25519(let key): key.signature(for: input)
        case .pair(let key): key.signature(for: input, function, usesPSS: usesPSS)
        }
    }

    /// Whether the key made this signature.
    func isSignature(_ signature: [UInt8], of input: [UInt8]) -> Bool {
        switch material {
        case .secret(let secret): HMACKey(function, secret: secret).isValid(signature.span, for: input.span)
        case .ed25519(let key): key.signature(for: input) == signature
        case .pair(let key): key.isValid(signature, for: input, function, usesPSS: usesPSS)
        }
    }

    /// The members of a JWK for the public key of a pair, otherwise for the secret (RFC 7518 §6, RFC 8037 §2).
    var members: [JSONValue.Member] {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
        return switch material {
        case .secret(let secret): [.init("kty", "oct"), .init("k", text(secret))]
        case .ed25519(let key): [.init("kty", "OKP"), .init("crv", "Ed25519"), .init("x", text(key.publicKey))]
        case .pair(let key) where key.kind == .rsa:
            [
                .init("kty", "RSA"), .init("n", text(key.publicNumbers.first)),
                .init("e", text(key.publicNumbers.second)),
            ]
        case .pair(let key):
            [
                .init("kty", "EC"), .init("crv", .string(key.kind.rawValue)),
                .init("x", text(key.publicNumbers.first)), .init("y", text(key.publicNumbers.second)),
            ]
        }
    }

    /// A certificate in DER that the key itself signed; nil for a key without one.
    var certificate: [UInt8]? {
        if case .pair(let key) = material { key.certificateInDER } else { nil }
    }

    /// The public key in PEM (RFC 7468 §13); nil for a secret.
    var publicKeyText: String? {
        switch material {
        case .secret: nil
        case .ed25519(let key): PEM.text("PUBLIC KEY", Self.ed25519Prefix + key.publicKey)
        case .pair(let key): PEM.text("PUBLIC KEY", key.publicKeyInDER)
        }
    }

    /// What stands before the 32 bytes of a public key in its DER (RFC 8410 §4).
    private static let ed25519Prefix: [UInt8] = [0x30, 0x2A, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 0x21, 0]
}
