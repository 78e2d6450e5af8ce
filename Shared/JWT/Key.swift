import Libcrypto

/// A secret together with the one algorithm that it is for, and the name it is known by.
///
/// Algorithm and key are one value: no token can choose another algorithm for a key (RFC 8725 section 3.1).
public struct Key: Sendable, CustomStringConvertible {
    /// The `kid` that tokens name the key by; nil for a key that was agreed on without a name.
    public let id: String?
    /// The only algorithm that the key is used with.
    public let algorithm: Algorithm
    /// Whether the key may sign. A JWK can say that it is for verifying only (`key_ops`, RFC 7517 section 4.3).
    public internal(set) var maySign = true
    let hmac: HMACKey
    let secret: SecretBytes

    /// The longest identifier, in bytes.
    public static let maximumIDBytes = 256
    /// The longest secret, in bytes. HMAC hashes what is longer than a block, so more has no use.
    public static let maximumSecretBytes = 8 * 1024

    /// A key from its secret bytes.
    ///
    /// - Throws: `KeyError` when the secret is empty, shorter than the algorithm's hash, the text of a public or private key,
    ///   or one from the examples; or when the identifier is empty or too long.
    public init(_ algorithm: Algorithm = .hs256, id: String? = nil, secret: [UInt8]) throws(KeyError) {
        guard !Self.placeholders.contains(where: { $0.utf8.elementsEqual(secret) }) else {
            throw KeyError(
                .placeholder, "the secret is one that stands in public examples; make one with: jwt keys new")
        }
        try self.init(algorithm, id: id, anySecretThatTheRFCsAllow: secret)
    }

    /// A key with a secret that may stand in public examples, for the vectors of conformance corpora.
    package init(
        _ algorithm: Algorithm, id: String? = nil, anySecretThatTheRFCsAllow secret: [UInt8]
    ) throws(KeyError) {
        try Self.check(secret, for: algorithm)
        try self.init(unchecked: secret, algorithm, id: id)
    }

    /// A key that anyone can guess, such as `secret` or `12345`, so that printed examples can be run.
    ///
    /// Never for anything that is to be kept safe: RFC 7518 section 3.2 and RFC 8725 section 3.5 forbid such keys.
    ///
    /// - Throws: `KeyError` when the secret is empty, too long, or the text of a public or private key.
    public init(
        insecureExampleSecret secret: [UInt8], _ algorithm: Algorithm = .hs256, id: String? = nil
    ) throws(KeyError) {
        try Self.checkForm(secret)
        try self.init(unchecked: secret, algorithm, id: id)
    }

    /// A new key with a random secret as long as the algorithm's hash.
    ///
    /// - Throws: `KeyError` when the identifier is empty or too long.
    public static func generate(_ algorithm: Algorithm = .hs256, id: String?) throws(KeyError) -> Key {
        try Key(unchecked: randomBytes(algorithm.minimumSecretBytes), algorithm, id: id)
    }

    /// Names the algorithm and the identifier, never the secret.
    public var description: String { "Key(\(algorithm.rawValue), id: \(id ?? "none"))" }

    /// A key that was checked already.
    init(unchecked secret: [UInt8], _ algorithm: Algorithm, id: String?) throws(KeyError) {
        if let id, id.isEmpty || id.utf8.count > Self.maximumIDBytes {
            throw KeyError(.identifier, "a key's identifier has 1 to \(Self.maximumIDBytes) bytes")
        }
        self.id = id
        self.algorithm = algorithm
        hmac = HMACKey(algorithm.function, secret: secret)
        self.secret = SecretBytes(secret)
    }
}

// MARK: - What no secret may be

extension Key {
    /// What the RFCs demand of a secret.
    static func check(_ secret: [UInt8], for algorithm: Algorithm) throws(KeyError) {
        try checkForm(secret)
        guard secret.count >= algorithm.minimumSecretBytes else {
            throw KeyError(
                .tooShort,
                "\(algorithm.rawValue) needs a secret of at least \(algorithm.minimumSecretBytes) bytes, this one has "
                    + "\(secret.count); make one with: jwt keys new")
        }
    }

    private static func checkForm(_ secret: [UInt8]) throws(KeyError) {
        guard !secret.isEmpty else { throw KeyError(.empty, "the secret is empty") }
        guard secret.count <= maximumSecretBytes || NonHMACKey.matches(secret) else {
            throw KeyError(.tooLarge, "a secret has at most \(maximumSecretBytes) bytes")
        }
        guard !NonHMACKey.matches(secret) else {
            throw KeyError(.anotherKind, "the secret is the text of a key of another kind, which may be public")
        }
    }

    /// Secrets of printed examples that are long enough to pass every other check, and the usual short ones.
    private static let placeholders = [
        "a-string-secret-at-least-256-bits-long", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "secret", "changeme", "change-me",
        "changeme-changeme-changeme-changeme", "change-me-change-me-change-me-change-me",
        "your-secret-key-at-least-32-bytes-long", "your-secret-key-must-be-at-least-32-bytes-long",
    ]
}
