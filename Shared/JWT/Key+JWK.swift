import Libcrypto

extension Key {
    /// Reads a JWK (RFC 7517 section 4, RFC 7518 section 6.4). It erases the decoded secret; the text of the JWK stays with
    /// the caller.
    init(jwk: JSONValue) throws(KeyError) {
        guard jwk["kty"]?.string == "oct" else {
            throw KeyError(.unsupported, "a key of the set is not symmetric (kty \"oct\")")
        }
        guard let name = jwk["alg"]?.string, let algorithm = Algorithm.allCases.first(where: { $0.rawValue == name })
        else {
            throw KeyError(.unsupported, "a key of the set does not name HS256, HS384 or HS512 as its alg")
        }
        let operations = try Self.operations(jwk)
        guard jwk["use"].map({ $0.string == "sig" }) ?? true, operations?.contains("verify") ?? true else {
            throw KeyError(.unsupported, "a key of the set is not for signatures (use, key_ops)")
        }
        guard var secret = jwk["k"]?.string.flatMap(Base64URL.decode) else {
            throw KeyError(.unsupported, "a key of the set has no secret (k) in base64url")
        }
        defer { eraseBytes(&secret) }
        let id = jwk["kid"]
        guard id == nil || id?.string != nil else {
            throw KeyError(.identifier, "the identifier (kid) of a key is not a string")
        }
        try self.init(algorithm, id: id?.string, secret: secret)
        maySign = operations?.contains("sign") ?? true
    }

    /// Whether the JWK names a key type other than `oct` (RFC 7517 section 4.1). A JWK without a `kty` is malformed.
    package static func isOfAnotherType(_ jwk: JSONValue) -> Bool {
        jwk["kty"]?.string.map { $0 != "oct" } ?? false
    }

    /// The `key_ops` of a JWK (RFC 7517 section 4.3); nil when the member is missing.
    private static func operations(_ jwk: JSONValue) throws(KeyError) -> [String]? {
        guard let value = jwk["key_ops"] else { return nil }
        let names = value.array?.compactMap(\.string) ?? []
        guard names.count == value.array?.count, Set(names.map { Array($0.utf8) }).count == names.count else {
            throw KeyError(.unsupported, "the key_ops of a key are not a list of distinct names")
        }
        return names
    }

    /// The key as a JWK. It contains the secret.
    package var jwk: JSONValue {
        var members: [JSONValue.Member] = [
            .init("kty", "oct"), .init("use", "sig"), .init("alg", .string(algorithm.rawValue)),
        ]
        if !maySign { members.append(.init("key_ops", ["verify"])) }
        if let id { members.append(.init("kid", .string(id))) }
        return .object(members + [.init("k", .string(Base64URL.encode(secret.bytes)))])
    }
}
