import Libcrypto

/// A secret, the only algorithm that may use it, and an identifier.
///
/// Because the algorithm is part of the key, a token cannot choose another one (RFC 8725 section 3.1).
public struct Key: Sendable, CustomStringConvertible {
    /// The `kid` by which tokens name the key; nil for a key without an identifier.
    public let id: String?
    /// The only algorithm that the key is used with.
    public let algorithm: Algorithm
    /// Whether the key may sign. A JWK can restrict its key to verification (`key_ops`, RFC 7517 section 4.3).
    public internal(set) var maySign = true
    let hmac: HMACKey
    let secret: SecretBytes

    /// The size of the longest identifier, in bytes.
    public static let maximumIDBytes = 256
    /// The size of the longest secret, in bytes. HMAC hashes a secret that is longer than a block, so a longer one is
    /// not stronger.
    public static let maximumSecretBytes = 8 * 1024

    /// A key with a secret. The key copies the secret and erases its copy when it is released; the caller erases the array
    /// that it passes.
    ///
    /// - Throws: `KeyError` when the secret is empty, too long, shorter than the hash of the algorithm, a key of another
    ///   kind, or a published example; or when the identifier is empty or too long.
    public init(_ algorithm: Algorithm = .hs256, id: String? = nil, secret: [UInt8]) throws(KeyError) {
        guard !Self.placeholders.contains(where: { $0.utf8.elementsEqual(secret) }) else {
            throw KeyError(.placeholder, "the secret is a published example; create one with: jwt keys new")
        }
        try self.init(algorithm, id: id, anySecretThatTheRFCsAllow: secret)
    }

    /// A key with a secret that may be a published example, for the test vectors of conformance corpora.
    package init(
        _ algorithm: Algorithm, id: String? = nil, anySecretThatTheRFCsAllow secret: [UInt8]
    ) throws(KeyError) {
        try Self.check(secret, for: algorithm)
        try self.init(unchecked: secret, algorithm, id: id)
    }

    /// A key with a secret that anyone can guess, such as `secret` or `12345`, to run published examples.
    ///
    /// It protects nothing: RFC 7518 section 3.2 and RFC 8725 section 3.5 forbid such keys.
    ///
    /// - Throws: `KeyError` when the secret is empty, too long, or a key of another kind; or when the identifier is empty or
    ///   too long.
    public init(
        insecureExampleSecret secret: [UInt8], _ algorithm: Algorithm = .hs256, id: String? = nil
    ) throws(KeyError) {
        try Self.checkForm(secret)
        try self.init(unchecked: secret, algorithm, id: id)
    }

    /// A new key with a random secret of the size of the algorithm's hash.
    ///
    /// - Throws: `KeyError` when the identifier is empty or too long.
    public static func generate(_ algorithm: Algorithm = .hs256, id: String?) throws(KeyError) -> Key {
        var secret = randomBytes(algorithm.minimumSecretBytes)
        defer { eraseBytes(&secret) }
        return try Key(unchecked: secret, algorithm, id: id)
    }

    /// The algorithm and the identifier, without the secret.
    public var description: String { "Key(\(algorithm.rawValue), id: \(id ?? "none"))" }

    /// A key with a secret that was already checked.
    init(unchecked secret: [UInt8], _ algorithm: Algorithm, id: String?) throws(KeyError) {
        if let id, id.isEmpty || id.utf8.count > Self.maximumIDBytes {
            throw KeyError(.identifier, "the identifier of a key must have 1 to \(Self.maximumIDBytes) bytes")
        }
        self.id = id
        self.algorithm = algorithm
        hmac = HMACKey(algorithm.function, secret: secret)
        self.secret = SecretBytes(secret)
    }
}

// MARK: - Checks of a secret

extension Key {
    /// Checks the requirements of the RFCs for a secret.
    static func check(_ secret: [UInt8], for algorithm: Algorithm) throws(KeyError) {
        try checkForm(secret)
        guard secret.count >= algorithm.minimumSecretBytes else {
            throw KeyError(
                .tooShort,
                "\(algorithm.rawValue) needs a secret of at least \(algorithm.minimumSecretBytes) bytes, this one has "
                    + "\(secret.count); create one with: jwt keys new")
        }
    }

    private static func checkForm(_ secret: [UInt8]) throws(KeyError) {
        guard !secret.isEmpty else { throw KeyError(.empty, "the secret is empty") }
        guard secret.count <= maximumSecretBytes || NonHMACKey.matches(secret) else {
            throw KeyError(.tooLarge, "the secret has more than \(maximumSecretBytes) bytes")
        }
        guard !NonHMACKey.matches(secret) else {
            throw KeyError(.anotherKind, "the secret is a key of another kind, such as PEM, and may be public")
        }
    }

    /// Published example secrets. Some are long enough to pass the other checks, and some are short and common.
    private static let placeholders = [
        "a-string-secret-at-least-256-bits-long", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "secret", "changeme", "change-me",
        "changeme-changeme-changeme-changeme", "change-me-change-me-change-me-change-me",
        "your-secret-key-at-least-32-bytes-long", "your-secret-key-must-be-at-least-32-bytes-long",
    ]
}
