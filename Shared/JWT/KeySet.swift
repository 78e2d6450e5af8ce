/// The keys of a verifier or a signer.
///
/// All keys verify, and the first key that may sign is the signing key. To replace a key, put the new key first. Keep
/// the old key until its last token has expired.
public struct KeySet: Sendable {
    /// The keys: at least one, no two with the same identifier.
    public let keys: [Key]
    /// The number of keys of another type that the JWK Set has besides. They are ignored (RFC 7517 section 5).
    public private(set) var ignoredKeyCount = 0

    /// The largest number of keys in a set.
    public static let maximumKeys = 64
    /// The size of the largest JWK Set that is read, in bytes.
    public static let maximumTextBytes = 256 * 1024

    /// A set of several keys.
    ///
    /// - Throws: `KeyError` for no keys, for more than `maximumKeys`, or for two with the same identifier.
    public init(_ keys: [Key]) throws(KeyError) {
        guard !keys.isEmpty else { throw KeyError(.noKeys, "a key set needs at least one key") }
        guard keys.count <= Self.maximumKeys else {
            throw KeyError(.tooLarge, "the key set has more than \(Self.maximumKeys) keys")
        }
        let ids = keys.compactMap { $0.id.map { Array($0.utf8) } }
        guard Set(ids).count == ids.count else { throw KeyError(.duplicateID, "two keys have the same identifier") }
        self.keys = keys
    }

    /// A set of one key.
    public init(_ key: Key) {
        self.init(unchecked: [key])
    }

    /// The key that signs. If no key may sign, it is the first key, and a signer with this key throws an error.
    public var signingKey: Key { keys[signingIndex ?? 0] }

    /// The index of the key that signs; nil when no key may sign.
    package var signingIndex: Int? { keys.firstIndex(where: \.maySign) }

    /// A set without keys. A verifier with this set rejects every token, malformed ones with the code `malformed`.
    package static let none = KeySet(unchecked: [])

    private init(unchecked keys: [Key]) {
        self.keys = keys
    }
}

// MARK: - JWK Set

extension KeySet {
    /// Reads a JWK Set (RFC 7517 section 5) of HMAC keys.
    ///
    /// Each key has the `kty` `oct`, an `alg` of `Algorithm` and a `k`. Its `use` is absent or `sig`. Its `key_ops` are
    /// absent or contain `verify`. If they are present without `sign`, the key does not sign. Keys of another `kty` and
    /// other members are ignored. A set without an `oct` key is an error.
    ///
    /// - Throws: `KeyError` when the text is not such a set in strict JSON, or `Key` does not allow one of the keys.
    public init(jwkSet text: [UInt8]) throws(KeyError) {
        guard text.count <= Self.maximumTextBytes else {
            throw KeyError(.tooLarge, "the key set has more than \(Self.maximumTextBytes) bytes")
        }
        guard let document = JSONValue(object: text), let entries = document["keys"]?.array else {
            throw KeyError(.notAKeySet, "the text is not a JWK Set, a JSON object with the member \"keys\"")
        }
        let usable = entries.filter { !Key.isOfAnotherType($0) }
        guard entries.isEmpty || !usable.isEmpty else {
            throw KeyError(.unsupported, "no key of the set is symmetric (kty \"oct\"); create one with: jwt keys new")
        }
        var keys: [Key] = []
        for entry in usable { keys.append(try Key(jwk: entry)) }
        try self.init(keys)
        ignoredKeyCount = entries.count - usable.count
    }

    /// The text of the set as a JWK Set. It contains the secrets.
    public func jwkSet() -> String {
        JSONValue.object([.init("keys", .array(keys.map(\.jwk)))]).text
    }
}
