import FoundationEssentials
import JWT
import Libcrypto

/// What is known about the keys of a service: nothing, keys that sign, or the public key.
struct ProbeKeys {
    /// The keys that sign. Secrets may be short or published, because a probe reports such secrets.
    private let materials: [SigningKey.Material]
    /// The text of a public key in PEM (RFC 7468); nil if the file has another key.
    let publicKey: [UInt8]?

    /// Reads a file with a JWK Set, one JWK, private keys in PEM, or one public key in PEM; nil for no file.
    ///
    /// The command stays in its working directory, because the report may be written to a relative path.
    init(path: String?) throws(CommandError) {
        guard let path else {
            (materials, publicKey) = ([], nil)
            return
        }
        guard let bytes = FileManager.default.contents(atPath: path).map({ [UInt8]($0) }) else {
            throw CommandError(.key, "cannot read \(path)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("PRIVATE KEY-----") {
            (materials, publicKey) = (try Self.privateKeys(in: text, of: path), nil)
        } else if text.contains("-----BEGIN ") {
            let count = PEM.count(labelEnding: "PUBLIC KEY", in: text)
            guard count < 2 else {
                throw CommandError(
                    .key, "\(path) has \(count) public keys; give a file with only the key that verifies the good token"
                )
            }
            (materials, publicKey) = ([], bytes)
        } else {
            (materials, publicKey) = (try Self.keys(of: bytes, in: path), nil)
        }
    }

    /// The private keys in a text, such as the old and the new key of a service.
    private static func privateKeys(in text: String, of path: String) throws(CommandError) -> [SigningKey.Material] {
        guard !text.contains("ENCRYPTED") else {
            throw CommandError(.key, "\(path) is encrypted; to get a file that is not, run: openssl pkey -in FILE")
        }
        let materials = PEM.blocks(labelEnding: "PRIVATE KEY", in: text).compactMap { der in
            PrivateKey(der: der).map(SigningKey.Material.pair)
                ?? Ed25519Key(der: der).map(SigningKey.Material.ed25519)
        }
        guard !materials.isEmpty else {
            throw CommandError(.key, "\(path) has no private key that the probe can use: \(usableKeys)")
        }
        return materials
    }

    /// The keys of a JWK Set or a JWK (RFC 7517 §4, §5). The good token names the algorithm, so a JWK needs no `alg`.
    private static func keys(of text: [UInt8], in path: String) throws(CommandError) -> [SigningKey.Material] {
        guard let json = JSONValue(object: text) else {
            throw CommandError(.key, "\(path) is not a JWK Set, a JWK or a key in PEM")
        }
        let materials = (json["keys"]?.array ?? [json]).compactMap(SigningKey.Material.init(jwk:))
        guard !materials.isEmpty else {
            throw CommandError(
                .key, "\(path) has no secret and no private key that the probe can use: HMAC, \(usableKeys)")
        }
        return materials
    }

    private static let usableKeys = "RSA with at least 2,048 bits, ECDSA with P-256, P-384 or P-521, or Ed25519"

    /// The key that signed a token; nil when no such key is known.
    ///
    /// - Throws: `CommandError` when none of the keys signed it.
    func key(thatSigned token: String, header: JSONValue, signature: [UInt8]) throws(CommandError) -> SigningKey? {
        guard !materials.isEmpty else { return nil }
        let algorithm = header["alg"]?.string ?? ""
        let input = token.split(separator: ".", omittingEmptySubsequences: false).prefix(2).joined(separator: ".")
        let keys = materials.compactMap { SigningKey(algorithm, $0) }
        guard let key = keys.first(where: { $0.isSignature(signature, of: Array(input.utf8)) }) else {
            throw CommandError(.key, "no key of the file signed the good token; give the file of the service")
        }
        return key
    }
}
