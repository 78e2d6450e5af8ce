import FoundationEssentials
import JWT

/// What is known about the keys of a service: nothing, its secrets, or its public key.
struct ProbeKeys {
    /// The secrets. They may be short or published, because a probe reports such secrets.
    private let secrets: [[UInt8]]
    /// The text of a public key in PEM (RFC 7468).
    let publicKey: [UInt8]?

    /// Reads a file with a JWK Set, one JWK, or a public key in PEM; nil for no file.
    ///
    /// The command stays in its working directory, because the report may be written to a relative path.
    init(path: String?) throws(CommandError) {
        guard let path else {
            (secrets, publicKey) = ([], nil)
            return
        }
        guard let text = FileManager.default.contents(atPath: path).map({ [UInt8]($0) }) else {
            throw CommandError(.key, "cannot read \(path)")
        }
        guard String(decoding: text.prefix(64), as: UTF8.self).contains("-----BEGIN ") else {
            (secrets, publicKey) = (try Self.secrets(of: text, in: path), nil)
            return
        }
        guard !String(decoding: text, as: UTF8.self).contains("PRIVATE KEY-----") else {
            throw CommandError(.key, "\(path) has a private key; give the public one")
        }
        (secrets, publicKey) = ([], text)
    }

    /// The secrets of a JWK Set or a JWK (RFC 7517 §4, §5). The good token names the algorithm, so a JWK needs no `alg`.
    private static func secrets(of text: [UInt8], in path: String) throws(CommandError) -> [[UInt8]] {
        guard let json = JSONValue(object: text) else {
            throw CommandError(.key, "\(path) is not a JWK Set, a JWK or a public key in PEM")
        }
        let keys = (json["keys"]?.array ?? [json]).filter { $0["kty"]?.string == "oct" }
        let secrets = keys.compactMap { $0["k"]?.string.flatMap(Base64URL.decode) }
        guard !secrets.isEmpty else {
            throw CommandError(
                .key, "\(path) has no symmetric key (kty \"oct\"); for another kind, give the public key in PEM")
        }
        return secrets
    }

    /// The key that signed a token; nil when no secret is known.
    ///
    /// - Throws: `CommandError` when none of the secrets signed it.
    func key(thatSigned token: String, header: JSONValue, signature: [UInt8]) throws(CommandError) -> ServiceKey? {
        guard !secrets.isEmpty else { return nil }
        let algorithm = header["alg"]?.string ?? ""
        for secret in secrets {
            if let key = ServiceKey(signing: token, algorithm, secret: secret, signature: signature) { return key }
        }
        throw CommandError(.key, "no key of the file signed the good token; give the file of the service")
    }
}
