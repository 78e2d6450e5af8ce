import Libcrypto

/// Checks tokens: synchronous, without input or output, usable from any thread.
public struct Verifier: Sendable {
    private let rules: CompiledPolicy

    /// The keys that signatures are checked with.
    public var keys: KeySet { rules.keys }
    /// What is demanded of a token besides.
    public var policy: Policy { rules.policy }

    /// A verifier that accepts what these keys signed and this policy allows, and nothing else.
    public init(keys: KeySet, policy: Policy) {
        rules = CompiledPolicy(policy, keys: keys)
    }

    /// Verifies a token (RFC 7515 section 5.2, RFC 7519 section 7.2).
    ///
    /// - Parameter now: the present, by the caller's clock.
    /// - Throws: `JWTError`, whose `code` says why the token is refused.
    public func verify(_ token: String, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        try verify(token.utf8.span, at: now)
    }

    /// Verifies the bytes of a token, without copying them first.
    ///
    /// - Parameter now: the present, by the caller's clock.
    /// - Throws: `JWTError`, whose `code` says why the token is refused.
    public func verify(_ token: Span<UInt8>, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        let (payloadRange, key) = try verifySignature(token)
        var claims = ClaimIndex()
        let payload = try Base64URL.withDecoded(token.extracting(payloadRange)) { bytes throws(JWTError) in
            try rules.read(bytes, into: &claims, at: now)
            return bytes.array
        }
        guard let payload else { throw CompactToken.notBase64URL }
        return VerifiedToken(payload: payload, keyID: rules.keys.keys[key].id, claims: claims)
    }

    /// What concerns the signature alone (RFC 7515 section 5.2). Nothing of the payload is read before it is right.
    func verifySignature(_ token: Span<UInt8>) throws(JWTError) -> (payload: Range<Int>, key: Int) {
        guard token.count <= rules.policy.maximumTokenBytes else {
            throw JWTError(.limit, "the token is larger than is allowed here")
        }
        let (parts, choice) = try locate(token)
        guard let key = findKey(choice, token, parts) else {
            // That the form is wrong is the more specific fault.
            try CompactToken(token).checkForm(of: token)
            guard !parts.payload.isEmpty else { throw JWTError(.malformed, "the payload is empty") }
            throw JWTError(.signature, "the signature is not that of this text")
        }
        return (parts.payload, key)
    }

    @inline(__always)
    private func locate(_ token: Span<UInt8>) throws(JWTError) -> (CompactToken, KeyChoice) {
        if let known = rules.headers.match(token) { return known }
        return try readHeader(token)
    }

    /// The key, out of those that come into question, that the signature was made with.
    private func findKey(_ choice: KeyChoice, _ token: Span<UInt8>, _ parts: CompactToken) -> Int? {
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        guard let count = Base64URL.decode(token.extracting(parts.signature), into: &bytes) else { return nil }
        let (code, input) = (bytes.span.extracting(first: count), token.extracting(parts.signingInput))
        switch choice {
        case .key(let index): return rules.preparedKeys[index].isValid(code, for: input) ? index : nil
        case .every(let algorithm):
            return rules.keys.keys.indices.first {
                rules.keys.keys[$0].algorithm == algorithm && rules.preparedKeys[$0].isValid(code, for: input)
            }
        }
    }
}

// MARK: - Headers that are not known beforehand

extension Verifier {
    private func readHeader(_ token: Span<UInt8>) throws(JWTError) -> (CompactToken, KeyChoice) {
        let parts = try CompactToken(token)
        let text = token.extracting(parts.header)
        guard Base64URL.decodedCount(text.count) <= Header.maximumBytes else {
            throw JWTError(.limit, "the header is larger than is allowed", claim: nil)
        }
        try parts.checkForm(of: token)
        let choice = try Base64URL.withDecoded(text) { bytes throws(JWTError) in
            try chooseKey(for: try Header(bytes), bytes)
        }
        guard let choice else { throw CompactToken.notBase64URL }
        return (parts, choice)
    }

    /// Holds a header to the rules, the ones that say most about it first, and finds the key that it asks for.
    private func chooseKey(for header: Header, _ bytes: Span<UInt8>) throws(JWTError) -> KeyChoice {
        if header.isEncrypted { throw JWTError(.unsupported, "the token is encrypted (JWE)", claim: "enc") }
        guard let algorithm = header.algorithm.flatMap({ Algorithm(anyForm: $0, in: bytes) }),
            rules.keys.keys.contains(where: { $0.algorithm == algorithm })
        else { throw JWTError(.algorithm, "the header's alg is not one that is allowed here", claim: "alg") }
        if header.isCritical { throw JWTError(.critical, "the header demands an extension", claim: "crit") }
        if header.isUnencoded { throw JWTError(.unsupported, "a JWT's payload is never unencoded", claim: "b64") }
        if header.isNested { throw JWTError(.unsupported, "a token within a token is not taken", claim: "cty") }
        guard rules.allows(type: header.type, in: bytes) else {
            throw JWTError(.unsupported, "the token is of another kind than is wanted here", claim: "typ")
        }
        // Where no key has a name, a `kid` is a hint that cannot be followed (RFC 7515 section 4.1.4).
        guard let id = header.keyID, rules.keys.keys.contains(where: { $0.id != nil }) else { return .every(algorithm) }
        guard let index = rules.keys.keys.firstIndex(where: { $0.id.map { bytes.equals(id, $0.utf8.span) } ?? false })
        else {
            throw JWTError(.key, "the header's kid names no key that is known here", claim: "kid")
        }
        guard rules.keys.keys[index].algorithm == algorithm else {
            throw JWTError(.algorithm, "the header's alg is not that of the key it names", claim: "alg")
        }
        return .key(index)
    }
}
