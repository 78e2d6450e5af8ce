import FoundationEssentials
import JWT
import Libcrypto

/// What is known about the keys of a service: nothing, its secrets, or its public key.
struct ProbeKeys {
    private let secrets: [Key]
    /// The text of a public key in PEM (RFC 7468).
    let publicKey: [UInt8]?

    /// Reads a key file (JWK Set) or a public key in PEM; nil for no file.
    init(path: String?) throws(CommandError) {
        guard let path else {
            (secrets, publicKey) = ([], nil)
            return
        }
        if let text = try? Data(contentsOf: URL(filePath: path)),
            String(decoding: text.prefix(64), as: UTF8.self).contains("-----BEGIN ")
        {
            guard !String(decoding: text, as: UTF8.self).contains("PRIVATE KEY-----") else {
                throw CommandError(.key, "\(path) has a private key; give the public one")
            }
            (secrets, publicKey) = ([], Array(text))
        } else {
            (secrets, publicKey) = (try KeyFile(path: path).read().keys.keys, nil)
        }
    }

    /// The key that signed a token; nil when no secret is known.
    ///
    /// - Throws: `CommandError` when none of the secrets signed it.
    func key(thatSigned token: String, header: JSONValue, signature: [UInt8]) throws(CommandError) -> Key? {
        guard !secrets.isEmpty else { return nil }
        let input = token.split(separator: ".").prefix(2).joined(separator: ".")
        let signer = secrets.first { key in
            header["alg"]?.string == key.algorithm.rawValue
                && HMACKey(key.algorithm.hash, secret: key.secretBytes).isValid(
                    signature.span, for: Array(input.utf8).span)
        }
        guard let signer else {
            throw CommandError(.key, "no key of the file signed the good token; give the file of the service")
        }
        return signer
    }
}
