import Libcrypto

/// The signature algorithms of this module, by their registered names (RFC 7518 section 3.1).
public enum Algorithm: String, Sendable, CaseIterable {
    /// HMAC with SHA-256.
    case hs256 = "HS256"
    /// HMAC with SHA-384.
    case hs384 = "HS384"
    /// HMAC with SHA-512.
    case hs512 = "HS512"

    /// The hash function of the HMAC.
    var function: HashFunction {
        switch self {
        case .hs256: .sha256
        case .hs384: .sha384
        case .hs512: .sha512
        }
    }

    /// The size of a signature, in bytes.
    var signatureBytes: Int { function.byteCount }

    /// The size of the shortest allowed secret, in bytes. It is the size of the hash (RFC 7518 section 3.2).
    public var minimumSecretBytes: Int { function.byteCount }
}
