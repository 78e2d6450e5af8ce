import Libcrypto

/// Makes tokens: synchronous, without input or output, usable from any thread.
public struct Signer: Sendable {
    /// The key that signs.
    public let key: Key
    /// The header's `typ`.
    public let type: String
    private let header: [UInt8]

    /// A signer whose tokens name `key` and are of this type.
    public init(key: Key, type: String = "JWT") {
        self.key = key
        self.type = type
        let id = key.id.map { [JSONValue.Member("kid", .string($0))] } ?? []
        let members = [.init("alg", .string(key.algorithm.rawValue))] + id + [JSONValue.Member("typ", .string(type))]
        header = Array(Base64URL.encode(Array(JSONValue.object(members).text.utf8)).utf8)
    }

    /// A signer with the first key of a set.
    public init(keys: KeySet, type: String = "JWT") {
        self.init(key: keys.signingKey, type: type)
    }

    /// Signs claims into a token (RFC 7515 section 5.1).
    ///
    /// - Throws: `JWTError` of the kind `invalidClaim` when a verifier would have to refuse the claims, such as one that is
    ///   there twice, and `limit` when the token would be too large.
    public func sign(_ claims: Claims) throws(JWTError) -> String {
        let payload = try claims.json()
        let count =
            header.count + 2 + Base64URL.encodedCount(payload.count)
            + Base64URL.encodedCount(key.algorithm.signatureBytes)
        guard count <= Policy.maximumRevocationsBytes else { throw JWTError(.limit, "the token would be too large") }
        var token = header
        token.append(UInt8(ascii: "."))
        token += Base64URL.encode(payload).utf8
        let signature = [UInt8](capacity: key.algorithm.signatureBytes) { key.hmac.authenticate(token.span, into: &$0) }
        token.append(UInt8(ascii: "."))
        token += Base64URL.encode(signature).utf8
        return String(decoding: token, as: UTF8.self)
    }
}

extension Claims {
    /// The claims as compact JSON.
    func json() throws(JWTError) -> [UInt8] {
        var members: [JSONValue.Member] = []
        func add(_ name: ClaimTable.Name, _ value: JSONValue?) {
            if let value { members.append(.init(name.rawValue, value)) }
        }
        add(.issuer, issuer.map { .string($0) })
        add(.subject, subject.map { .string($0) })
        if audience.count == 1 { add(.audience, .string(audience[0])) }
        if audience.count > 1 { add(.audience, .array(audience.map { .string($0) })) }
        add(.issuedAt, issuedAt.map { .integer($0.seconds) })
        add(.notBefore, notBefore.map { .integer($0.seconds) })
        add(.expiresAt, expiresAt.map { .integer($0.seconds) })
        add(.id, id.map { .string($0) })
        add(.sessionID, sessionID.map { .string($0) })
        add(.username, username.map { .string($0) })
        add(.scope, scope.map { .string($0) })
        add(.queryHash, queryHash.map { .string($0) })
        add(.actor, actor.map { ["sub": .string($0)] })
        members += others
        let json = Array(JSONValue.object(members).text.utf8)
        _ = try ClaimTable(json.span)
        return json
    }
}
