import Libcrypto

/// The keys that a verifier knows and a signer signs with.
///
/// The first key that may sign does, all of them verify, which is what a change of keys needs: the new key comes first, the
/// old one stays until the last token signed with it has expired.
public struct KeySet: Sendable {
    /// The keys, at least one, no two with the same identifier.
    public let keys: [Key]

    /// The most keys that a set may have.
    public static let maximumKeys = 64
    /// The largest JWK Set that is read, in bytes.
    public static let maximumTextBytes = 256 * 1024

    /// A set of these keys.
    ///
    /// - Throws: `KeyError` for no keys at all, too many, or two with the same identifier.
    public init(_ keys: [Key]) throws(KeyError) {
        guard !keys.isEmpty else { throw KeyError(.noKeys, "a key set needs at least one key") }
        guard keys.count <= Self.maximumKeys else {
            throw KeyError(.tooLarge, "a key set has at most \(Self.maximumKeys) keys")
        }
        let ids = keys.compactMap { $0.id.map { Array($0.utf8) } }
        guard Set(ids).count == ids.count else { throw KeyError(.duplicateID, "two keys have the same identifier") }
        self.keys = keys
    }

    /// A set of one key.
    public init(_ key: Key) {
        self.init(unchecked: [key])
    }

    /// The key that signs: the first one that may. Where none may, the first, which no signer takes.
    public var signingKey: Key { keys[signingIndex ?? 0] }

    /// Where the key stands that signs; nil when none may.
    package var signingIndex: Int? { keys.firstIndex(where: \.maySign) }

    /// No keys, and so no algorithm: a verifier refuses every token, and says first what is wrong with its form.
    package static let none = KeySet(unchecked: [])

    private init(unchecked keys: [Key]) {
        self.keys = keys
    }
}

// MARK: - JWK Set

extension KeySet {
    /// Reads a JWK Set (RFC 7517 section 5) whose keys are all for HMAC signatures: `kty` is `oct`, `alg` one of this
    /// module's, `use` absent or `sig`, `key_ops` absent or with `verify`; without `sign` in it the key does not sign. Other
    /// members are ignored.
    ///
    /// - Throws: `KeyError` when the text is not strict JSON of that shape, or a key is one that `Key` refuses.
    public init(jwkSet text: [UInt8]) throws(KeyError) {
        guard text.count <= Self.maximumTextBytes else {
            throw KeyError(.tooLarge, "a key set has at most \(Self.maximumTextBytes) bytes")
        }
        guard let document = JSONValue(object: text), let entries = document["keys"]?.array else {
            throw KeyError(.notAKeySet, "the text is not a JWK Set, a JSON object with the member \"keys\"")
        }
        var keys: [Key] = []
        for entry in entries { keys.append(try Key(jwk: entry)) }
        try self.init(keys)
    }

    /// The set as the text of a JWK Set. It contains the secrets.
    public func jwkSet() -> String {
        JSONValue.object([.init("keys", .array(keys.map(\.jwk)))]).text
    }
}

extension Key {
    fileprivate init(jwk: JSONValue) throws(KeyError) {
        guard jwk["kty"]?.string == "oct" else {
            throw KeyError(.unsupported, "a key of the set is not a symmetric one (kty \"oct\")")
        }
        guard let name = jwk["alg"]?.string, let algorithm = Algorithm.allCases.first(where: { $0.rawValue == name })
        else {
            throw KeyError(.unsupported, "a key of the set names no algorithm (alg) out of HS256, HS384, HS512")
        }
        let operations = try Self.operations(jwk)
        guard jwk["use"].map({ $0.string == "sig" }) ?? true, operations?.contains("verify") ?? true else {
            throw KeyError(.unsupported, "a key of the set is not for signatures (use, key_ops)")
        }
        guard let secret = jwk["k"]?.string.flatMap(Base64URL.decode) else {
            throw KeyError(.unsupported, "a key of the set has no secret (k) in base64url")
        }
        let id = jwk["kid"]
        guard id == nil || id?.string != nil else {
            throw KeyError(.identifier, "the identifier (kid) of a key is not a string")
        }
        try self.init(algorithm, id: id?.string, secret: secret)
        maySign = operations?.contains("sign") ?? true
    }

    /// What a JWK says that it is for (RFC 7517 section 4.3); nil when it does not say.
    private static func operations(_ jwk: JSONValue) throws(KeyError) -> [String]? {
        guard let value = jwk["key_ops"] else { return nil }
        let names = value.array?.compactMap(\.string) ?? []
        guard names.count == value.array?.count, Set(names.map { Array($0.utf8) }).count == names.count else {
            throw KeyError(.unsupported, "the key_ops of a key are not a list of names, each of them once")
        }
        return names
    }

    /// The key as a JWK (RFC 7517 section 4, RFC 7518 section 6.4). It contains the secret.
    package var jwk: JSONValue {
        var members: [JSONValue.Member] = [
            .init("kty", "oct"), .init("use", "sig"), .init("alg", .string(algorithm.rawValue)),
        ]
        if !maySign { members.append(.init("key_ops", ["verify"])) }
        if let id { members.append(.init("kid", .string(id))) }
        return .object(members + [.init("k", .string(Base64URL.encode(secret.bytes)))])
    }
}
