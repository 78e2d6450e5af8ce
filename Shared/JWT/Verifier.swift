import Libcrypto

/// Checks tokens: synchronous, without input or output, usable from any thread.
public struct Verifier: Sendable {
    /// The keys that signatures are checked with.
    public let keys: KeySet
    /// What is demanded of a token besides.
    public let policy: Policy

    /// A verifier that accepts what these keys signed and this policy allows, and nothing else.
    public init(keys: KeySet, policy: Policy) {
        self.keys = keys
        self.policy = policy
    }

    /// Verifies a token (RFC 7515 section 5.2, RFC 7519 section 7.2).
    ///
    /// - Parameter now: the present, by the caller's clock.
    /// - Throws: `JWTError`, whose `kind` says why the token is refused.
    public func verify(_ token: String, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        try verify(token.utf8.span, at: now)
    }

    /// Verifies the bytes of a token, without copying them first.
    ///
    /// - Parameter now: the present, by the caller's clock.
    /// - Throws: `JWTError`, whose `kind` says why the token is refused.
    public func verify(_ token: Span<UInt8>, at now: NumericDate) throws(JWTError) -> VerifiedToken {
        let (payload, keyID) = try verifySignature(token)
        let claims = try ClaimTable(payload.span)
        try policy.check(claims, in: payload.span, at: now)
        return VerifiedToken(payload: payload, keyID: keyID, claims: claims)
    }

    /// What concerns the signature alone (RFC 7515 section 5.2). Nothing of the payload is read before it is right.
    func verifySignature(_ token: Span<UInt8>) throws(JWTError) -> (payload: [UInt8], keyID: String?) {
        let parts = try CompactToken(token, maximumBytes: policy.maximumTokenBytes)
        guard Base64URL.decodedCount(parts.header.count) <= Header.maximumBytes else {
            throw JWTError(.limit, "the header is larger than \(Header.maximumBytes) bytes")
        }
        guard let headerBytes = Base64URL.decode(token.extracting(parts.header)),
            let payload = Base64URL.decode(token.extracting(parts.payload)),
            let signature = Base64URL.decode(token.extracting(parts.signature))
        else { throw JWTError(.malformed, "a part of the token is not strict base64url") }
        let header = try Header(headerBytes.span)
        let candidates = try keys(for: header)
        let input = token.extracting(parts.signingInput)
        for key in candidates where key.hmac.isValid(signature.span, for: input) { return (payload, key.id) }
        throw JWTError(.signature, "the signature is not that of this text")
    }

    /// The keys that a token with this header may have been signed with.
    private func keys(for header: Header) throws(JWTError) -> [Key] {
        try refuseOtherKinds(header)
        guard let name = header.algorithm, let algorithm = Algorithm(exactly: name),
            keys.keys.contains(where: { $0.algorithm == algorithm })
        else { throw JWTError(.algorithm, "the header's alg is not one that is allowed here", claim: "alg") }
        if header.isCritical { throw JWTError(.critical, "the header demands extensions (crit)", claim: "crit") }
        if header.isUnencoded { throw JWTError(.unsupported, "a JWT's payload is never unencoded", claim: "b64") }
        if header.isNested { throw JWTError(.unsupported, "a token within a token is not taken", claim: "cty") }
        if let type = policy.type, !MediaType.matches(header.type ?? "JWT", type) {
            throw JWTError(.unsupported, "the token is of another kind than is wanted here", claim: "typ")
        }
        guard let id = header.keyID, keys.keys.contains(where: { $0.id != nil }) else {
            return keys.keys.filter { $0.algorithm == algorithm }
        }
        guard let key = keys.keys.first(where: { $0.id?.utf8.elementsEqual(id.utf8) ?? false }) else {
            throw JWTError(.key, "the header's kid names no key that is known here", claim: "kid")
        }
        guard key.algorithm == algorithm else {
            throw JWTError(.algorithm, "the header's alg is not that of the key it names", claim: "alg")
        }
        return [key]
    }

    private func refuseOtherKinds(_ header: Header) throws(JWTError) {
        if header.isEncrypted { throw JWTError(.unsupported, "the token is encrypted (JWE)", claim: "enc") }
    }
}

extension Algorithm {
    /// Compares bytes: Swift's own comparison would take different spellings for the same.
    init?(exactly name: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else { return nil }
        self = match
    }
}

extension Policy {
    /// Checks the claims (RFC 7519 section 4.1); their types have been checked already.
    func check(_ claims: ClaimTable, in payload: Span<UInt8>, at now: NumericDate) throws(JWTError) {
        for name in required where !claims.contains(name) {
            throw JWTError(.missingClaim, "the claim \(name) is missing", claim: name)
        }
        if let issuers, let issuer = claims[.issuer], !issuers.contains(where: { payload.equals(issuer, $0) }) {
            throw JWTError(.issuer, "the token's issuer is not trusted here", claim: "iss")
        }
        if let named = claims[.audience] {
            guard let audience, payload.strings(named).contains(where: { $0.utf8.elementsEqual(audience.utf8) }) else {
                throw JWTError(.audience, "the token is meant for someone else", claim: "aud")
            }
        }
        if let expiry = claims.expiresAt, now >= expiry + leeway {
            throw JWTError(.expired, "the token has expired", claim: "exp", seconds: now - expiry)
        }
        if let start = claims.notBefore, now + leeway < start {
            throw JWTError(.notYetValid, "the token is not valid yet", claim: "nbf", seconds: start - now)
        }
    }
}
