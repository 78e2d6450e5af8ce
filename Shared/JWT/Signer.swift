/// Makes tokens: synchronous, without input or output, usable from any thread.
public struct Signer: Sendable {
    /// The key that signs.
    public let key: Key
    /// The header's `typ`.
    public let type: String
    /// The header as it stands in a token, with the period behind it.
    private let header: [UInt8]
    private let preparedKey: PreparedKey
    /// Why nothing can be signed, if so.
    private let refusal: JWTError?

    /// The size of the largest token that is signed, in bytes.
    public static let maximumTokenBytes = 4 * 1024 * 1024

    /// A signer whose tokens name `key` and are of this type.
    public init(key: Key, type: String = "JWT") {
        self.key = key
        self.type = type
        header = Header.text(for: key, type: type)
        preparedKey = PreparedKey(key, type: type)
        if !key.maySign {
            refusal = JWTError(.key, "the key is for verifying only (key_ops)")
        } else if Base64URL.decodedCount(header.count - 1) > Header.maximumBytes {
            refusal = JWTError(.limit, "the header would be larger than a verifier allows")
        } else {
            refusal = nil
        }
    }

    /// A signer with the key of a set that signs.
    public init(keys: KeySet, type: String = "JWT") {
        self.init(key: keys.signingKey, type: type)
    }

    /// Signs claims into a token (RFC 7515 section 5.1).
    ///
    /// - Throws: `JWTError` of the kind `invalidClaim` when a verifier would have to refuse the claims, such as a date that is
    ///   none, `malformed` when one of `others` is not JSON or is there twice, `limit` when the token would be too large, and
    ///   `key` when the key is for verifying only.
    public func sign(_ claims: Claims) throws(JWTError) -> String {
        let others = try claims.otherMembers()
        // Most claims fit into this, and it lies on the stack.
        if let token = try sign(claims, others, payloadCapacity: 1000 + others.count) { return token }
        // An escape makes six bytes of one at most.
        guard let token = try sign(claims, others, payloadCapacity: 6 * claims.textCount + others.count) else {
            throw JWTError(.limit, "the token would be too large")
        }
        return token
    }

    /// Signs a JSON object whose members are the claims, in their order.
    ///
    /// - Throws: `JWTError` of the kinds `malformed`, `invalidClaim` and `limit`, where a verifier would refuse the claims, and
    ///   of the kind `key` when the key is for verifying only.
    public func sign(_ claims: JSONValue) throws(JWTError) -> String {
        let members = try claims.claimMembers()
        guard let token = try sign(Claims(), members, payloadCapacity: members.count + 2) else {
            throw JWTError(.limit, "the token would be too large")
        }
        return token
    }

    /// Nil when the payload needs more than `payloadCapacity` bytes, or the token would be too large.
    private func sign(_ claims: Claims, _ others: [UInt8], payloadCapacity: Int) throws(JWTError) -> String? {
        if let refusal { throw refusal }
        return CompactToken.write(
            header: header, claims: claims, others: others,
            payloadCapacity: min(payloadCapacity, Self.maximumTokenBytes), key: preparedKey)
    }
}

// MARK: - The payload

extension Claims {
    /// The most bytes of JSON that the claims take, `others` not counted, as long as nothing needs an escape.
    fileprivate var textCount: Int {
        // Braces, names, quotes, commas and the dates.
        var count = 256
        func add(_ text: String?) { count += text?.utf8.count ?? 0 }
        add(issuer)
        add(subject)
        add(id)
        add(sessionID)
        add(username)
        add(scope)
        add(queryHash)
        add(actor)
        for name in audience { count += name.utf8.count + 3 }
        return count
    }

    @inline(__always)
    func write(to payload: inout JSONWriter, _ others: [UInt8]) {
        payload.member("\"iss\":", issuer)
        payload.member("\"sub\":", subject)
        writeAudience(to: &payload)
        payload.member("\"iat\":", issuedAt)
        payload.member("\"nbf\":", notBefore)
        payload.member("\"exp\":", expiresAt)
        payload.member("\"jti\":", id)
        payload.member("\"sid\":", sessionID)
        payload.member("\"username\":", username)
        payload.member("\"scope\":", scope)
        payload.member("\"qsh\":", queryHash)
        if let actor {
            payload.append("\"act\":{\"sub\":")
            payload.append(string: actor)
            payload.close(with: UInt8(ascii: "}"))
        }
        payload.append(others.span)
        payload.finish()
    }

    @inline(__always)
    private func writeAudience(to payload: inout JSONWriter) {
        guard audience.count > 1 else {
            payload.member("\"aud\":", audience.first)
            return
        }
        payload.append("\"aud\":[")
        for name in audience { payload.append(string: name) }
        payload.close(with: UInt8(ascii: "]"))
    }

    /// The members of `others`, each with a comma behind it.
    fileprivate func otherMembers() throws(JWTError) -> [UInt8] {
        guard !others.isEmpty else { return [] }
        if let known = others.first(where: { ClaimIndex.Name($0.name) != nil }) {
            throw JWTError(.invalidClaim, "a claim that has a property is among the others", claim: known.name)
        }
        return try JSONValue.object(others).claimMembers()
    }
}

extension JSONValue {
    /// The members of an object, each with a comma behind it, held to what a verifier demands of them.
    fileprivate func claimMembers() throws(JWTError) -> [UInt8] {
        guard hasNumbersOnly else { throw JWTError(.malformed, "a number is not written as JSON wants it") }
        var object: [UInt8] = []
        write(to: &object)
        var table = ClaimIndex()
        try table.read(object.span)
        if let audience = table[.audience], object.span.strings(audience).isEmpty {
            throw JWTError(.invalidClaim, "the list of audiences is empty", claim: "aud")
        }
        guard object.count > 2 else { return [] }
        object[object.count - 1] = UInt8(ascii: ",")
        object.removeFirst()
        return object
    }
}

extension JSONWriter {
    @inline(__always)
    fileprivate mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        append(name)
        append(string: value)
    }

    @inline(__always)
    fileprivate mutating func member(_ name: StaticString, _ value: NumericDate?) {
        guard let value else { return }
        append(name)
        append(value.seconds)
    }
}
