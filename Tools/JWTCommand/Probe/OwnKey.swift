import JWT
import Libcrypto

/// The keys of the probe, which no service may trust.
enum OwnKey {
    /// The `kid` of the keys.
    static let id = "probe"
    /// A secret that anybody can make.
    static let secret = sha256(Array("probe".utf8))

    /// A key for the algorithm with this name; nil for an unknown algorithm.
    static func make(for algorithm: String) -> SigningKey? {
        let material: SigningKey.Material? =
            switch SigningKey.Kind(for: algorithm) {
            // The secret has the size of the longest hash.
            case .secret: .secret(secret + secret)
            case .ed25519: Ed25519Key(seed: secret).map(SigningKey.Material.ed25519)
            case .pair(let kind): PrivateKey(generating: kind).map(SigningKey.Material.pair)
            case nil: nil
            }
        return material.flatMap { SigningKey(algorithm, $0) }
    }
}

extension SigningKey {
    /// The key as a JWK of the probe: the public key of a pair, otherwise the secret.
    var ownJWK: JSONValue {
        .object(members + [.init("alg", .string(algorithm)), .init("kid", .string(OwnKey.id)), .init("use", "sig")])
    }
}
