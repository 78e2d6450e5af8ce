/// Creates signed tokens. A signer does no input or output, and any thread may use it.
public struct Signer: Sendable {
    /// The key that signs.
    public let key: Key
    /// The `typ` of the header.
    public let type: String
    /// The encoded header with the period after it.
    private let header: [UInt8]
    private let preparedKey: PreparedKey
    /// The error that every call of `sign` throws; nil when the signer can sign.
    private let permanentError: JWTError?

    /// The size of the largest token that is signed, in bytes.
    public static let maximumTokenBytes = 4 * 1024 * 1024

    /// A signer with one key, for tokens of one type. The header names the key by its `kid`.
    public init(key: Key, type: String = "JWT") {
        self.key = key
        self.type = type
        header = Header.encoded(for: key, type: type)
        preparedKey = PreparedKey(key, type: type)
        if !key.maySign {
            permanentError = JWTError(.key, "the key may only verify (key_ops)")
        } else if Base64URL.decodedCount(header.count - 1) > Header.maximumBytes {
            permanentError = JWTError(.limit, "the header would be larger than a verifier allows")
        } else {
            permanentError = nil
        }
    }

    /// A signer with the signing key of a set.
    public init(keys: KeySet, type: String = "JWT") {
        self.init(key: keys.signingKey, type: type)
    }

    /// Signs claims (RFC 7515 section 5.1).
    ///
    /// - Returns: The token in the compact serialization.
    /// - Throws: `JWTError` with the code `invalidClaim` for claims that a verifier would reject, `malformed` when one of
    ///   `others` is repeated or is not valid JSON, `limit` when the token would be too large, and `key` when the key may
    ///   only verify.
    public func sign(_ claims: Claims) throws(JWTError) -> String {
        let others = try claims.otherMembers()
        // Most claims fit into this capacity, which is on the stack.
        if let token = try sign(claims, others, payloadCapacity: 1000 + others.count) { return token }
        // The JSON escape of one byte has at most six bytes.
        guard let token = try sign(claims, others, payloadCapacity: 6 * claims.textCount + others.count) else {
            throw JWTError(.limit, "the token would be too large")
        }
        return token
    }

    /// Signs a JSON object. Its members are the claims, and the token keeps their order.
    ///
    /// - Returns: The token in the compact serialization.
    /// - Throws: `JWTError` with the code `malformed` when the value is not an object or has an invalid number,
    ///   `invalidClaim` for claims that a verifier would reject, `limit` when the token would be too large, and `key` when
    ///   the key may only verify.
    public func sign(_ claims: JSONValue) throws(JWTError) -> String {
        let members = try claims.claimMembers()
        guard let token = try sign(Claims(), members, payloadCapacity: members.count + 2) else {
            throw JWTError(.limit, "the token would be too large")
        }
        return token
    }

    /// Signs claims. Nil when the payload needs more than `payloadCapacity` bytes, or the token would be too large.
    private func sign(_ claims: Claims, _ others: [UInt8], payloadCapacity: Int) throws(JWTError) -> String? {
        if let permanentError { throw permanentError }
        return CompactToken.write(
            header: header, claims: claims, others: others,
            payloadCapacity: min(payloadCapacity, Self.maximumTokenBytes), key: preparedKey)
    }
}
