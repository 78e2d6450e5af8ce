// JWT signs and verifies JSON Web Tokens with HMAC. It is a separate library: it does not depend on the services, does
// no input or output, and takes the time as a parameter. Its only dependency is libcrypto, so any program can use it.

import Libcrypto

/// Verifies tokens. A verifier does no input or output, and any thread may use it.
public struct Verifier: Sendable {
    let compiled: CompiledPolicy

    /// The keys that verify signatures.
    public var keys: KeySet { compiled.keys }
    /// The requirements for a token, besides a valid signature.
    public var policy: Policy { compiled.policy }

    /// A verifier that accepts the tokens that are signed with one of `keys` and meet `policy`.
    public init(keys: KeySet, policy: Policy) {
        compiled = CompiledPolicy(policy, keys: keys)
    }

    /// Verifies a token (RFC 7515 section 5.2, RFC 7519 section 7.2).
    ///
    /// - Parameters:
    ///   - token: A token in the compact serialization (RFC 7515 section 3.1).
    ///   - now: The current time.
    /// - Throws: `JWTError`, whose `code` is the reason for the rejection.
    public func verify(_ token: String, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        try verify(token.utf8.span, at: now)
    }

    /// Verifies the bytes of a token without copying them.
    ///
    /// - Parameters:
    ///   - token: The bytes of a token in the compact serialization.
    ///   - now: The current time.
    /// - Throws: `JWTError`, whose `code` is the reason for the rejection.
    public func verify(_ token: Span<UInt8>, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        let (payloadRange, key) = try verifySignature(token)
        var claims = ClaimIndex()
        let payload = try Base64URL.withDecoded(token.extracting(payloadRange)) { bytes throws(JWTError) in
            try compiled.read(bytes, into: &claims, at: now)
            return bytes.array
        }
        guard let payload else { throw CompactToken.notBase64URL }
        return VerifiedToken(payload: payload, keyID: compiled.keys.keys[key].id, claims: claims)
    }

    /// Checks the signature (RFC 7515 section 5.2). The payload is not read before its signature is valid.
    func verifySignature(_ token: Span<UInt8>) throws(JWTError) -> (payload: Range<Int>, key: Int) {
        guard token.count <= compiled.policy.maximumTokenBytes else {
            throw JWTError(.limit, "the token is larger than the policy allows")
        }
        let (parts, choice) = try locate(token)
        guard let key = findKey(choice, token, parts) else {
            // `malformed` is a more specific code than `signature`, so check the form first.
            try CompactToken(token).checkForm(of: token)
            guard !parts.payload.isEmpty else { throw JWTError(.malformed, "the payload is empty") }
            throw JWTError(.signature, "the signature does not match the header and the payload")
        }
        return (parts.payload, key)
    }

    @inline(__always)
    private func locate(_ token: Span<UInt8>) throws(JWTError) -> (CompactToken, KeyChoice) {
        if let known = compiled.headers.match(token) { return known }
        return try readHeader(token)
    }

    /// The index of the candidate key that made the signature.
    private func findKey(_ choice: KeyChoice, _ token: Span<UInt8>, _ parts: CompactToken) -> Int? {
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        guard let count = Base64URL.decode(token.extracting(parts.signature), into: &bytes) else { return nil }
        let (code, input) = (bytes.span.extracting(first: count), token.extracting(parts.signingInput))
        switch choice {
        case .key(let index): return compiled.preparedKeys[index].isValid(code, for: input) ? index : nil
        case .every(let algorithm):
            return compiled.keys.keys.indices.first {
                compiled.keys.keys[$0].algorithm == algorithm && compiled.preparedKeys[$0].isValid(code, for: input)
            }
        }
    }
}

// MARK: - Headers that are not known in advance

extension Verifier {
    private func readHeader(_ token: Span<UInt8>) throws(JWTError) -> (CompactToken, KeyChoice) {
        let parts = try CompactToken(token)
        let text = token.extracting(parts.header)
        guard Base64URL.decodedCount(text.count) <= Header.maximumBytes else {
            throw JWTError(.limit, "the header is too large")
        }
        try parts.checkForm(of: token)
        let choice = try Base64URL.withDecoded(text) { bytes throws(JWTError) in
            try chooseKey(for: try Header(bytes), bytes)
        }
        guard let choice else { throw CompactToken.notBase64URL }
        return (parts, choice)
    }

    /// Checks a header, the most specific rules first, and finds the key that it names.
    private func chooseKey(for header: Header, _ bytes: Span<UInt8>) throws(JWTError) -> KeyChoice {
        if header.isEncrypted { throw JWTError(.unsupported, "the token is encrypted (JWE)", claim: "enc") }
        guard let algorithm = header.algorithm.flatMap({ Algorithm(anyForm: $0, in: bytes) }),
            compiled.keys.keys.contains(where: { $0.algorithm == algorithm })
        else { throw JWTError(.algorithm, "the alg of the header is not allowed", claim: "alg") }
        if header.isCritical { throw JWTError(.critical, "the header requires an extension (crit)", claim: "crit") }
        if header.isUnencoded { throw JWTError(.unsupported, "the payload is not base64url (b64)", claim: "b64") }
        if header.isNested { throw JWTError(.unsupported, "the payload is another token (cty)", claim: "cty") }
        guard compiled.allows(type: header.type, in: bytes) else {
            throw JWTError(.unsupported, "the typ of the header is not the expected one", claim: "typ")
        }
        // If no key has an identifier, the `kid` is ignored: it is only a hint (RFC 7515 section 4.1.4).
        guard let id = header.keyID, compiled.keys.keys.contains(where: { $0.id != nil }) else {
            return .every(algorithm)
        }
        let index = compiled.keys.keys.firstIndex { $0.id.map { bytes.equals(id, $0.utf8.span) } ?? false }
        guard let index else { throw JWTError(.key, "no key has the kid of the header", claim: "kid") }
        guard compiled.keys.keys[index].algorithm == algorithm else {
            throw JWTError(.algorithm, "the alg of the header is not that of its key", claim: "alg")
        }
        return .key(index)
    }
}
