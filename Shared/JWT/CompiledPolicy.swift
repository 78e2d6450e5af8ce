/// A key set and a policy, prepared for a verifier: it has bytes and bits in place of strings.
///
/// It is a class, so a copy of a verifier copies one reference.
final class CompiledPolicy: Sendable {
    let keys: KeySet
    let policy: Policy
    let headers: KnownHeaders
    /// The prepared keys, in the order of `keys`.
    let preparedKeys: [PreparedKey]
    let type: [UInt8]?
    let issuers: [[UInt8]]?
    let audience: [UInt8]?
    let required: ClaimIndex.Names
    let otherRequired: [String]

    init(_ policy: Policy, keys: KeySet) {
        self.keys = keys
        self.policy = policy
        headers = KnownHeaders(keys: keys, type: policy.type)
        let issuer = policy.issuers.flatMap { $0.count == 1 ? $0[0] : nil }
        preparedKeys = keys.keys.map { PreparedKey($0, type: policy.type ?? "JWT", issuer: issuer) }
        type = policy.type.map { Array($0.utf8) }
        issuers = policy.issuers.map { $0.map { Array($0.utf8) } }
        audience = policy.audience.map { Array($0.utf8) }
        let names = policy.required.map { name in
            (name, ClaimIndex.Name(name))
        }
        required = ClaimIndex.Names(names.compactMap { $0.1.map(ClaimIndex.Names.init) })
        otherRequired = names.filter { $0.1 == nil }.map(\.0)
    }

    /// Whether the policy allows the `typ` of a header, or its absence.
    func allows(type name: JSONSlice?, in header: Span<UInt8>) -> Bool {
        guard let type else { return true }
        guard let name else {
            let missing = MediaType.jwt
            return MediaType.matches(missing.span, type.span)
        }
        return header.isMediaType(name, type)
    }

    /// Reads the claims of a payload and checks them.
    func read(_ payload: Span<UInt8>, into claims: inout ClaimIndex, at now: NumericDate) throws(JWTError) {
        try claims.read(payload, checksPrivateClaims: policy.checksPrivateClaims)
        try check(claims, in: payload, at: now)
    }

    /// The errors of the checks that `read` makes one after the other until one fails.
    ///
    /// - Throws: `JWTError` when the payload is not a JSON object, or a claim has the wrong type.
    func errors(in payload: Span<UInt8>, at now: NumericDate) throws(JWTError) -> [Explanation.Check: JWTError] {
        var read = ClaimIndex()
        try read.read(payload, checksPrivateClaims: policy.checksPrivateClaims)
        let claims = read
        var errors: [Explanation.Check: JWTError] = [:]
        errors[.presence] = Self.error { () throws(JWTError) in try checkPresence(of: claims, in: payload) }
        errors[.issuer] = Self.error { () throws(JWTError) in try checkIssuer(of: claims, in: payload) }
        errors[.audience] = Self.error { () throws(JWTError) in try checkAudience(of: claims, in: payload) }
        errors[.expiry] = Self.error { () throws(JWTError) in try checkExpiry(of: claims, at: now) }
        errors[.start] = Self.error { () throws(JWTError) in try checkStart(of: claims, at: now) }
        return errors
    }

    private static func error(_ check: () throws(JWTError) -> Void) -> JWTError? {
        do throws(JWTError) {
            try check()
            return nil
        } catch {
            return error
        }
    }

    private static func missing(_ claim: String) -> JWTError {
        JWTError(.missingClaim, "a required claim is missing", claim: claim)
    }
}

// MARK: - Checks of claims

/// The checks of the values of the claims (RFC 7519 section 4.1). The types of the values are already checked.
extension CompiledPolicy {
    @inline(__always)
    private func check(_ claims: borrowing ClaimIndex, in payload: Span<UInt8>, at now: NumericDate) throws(JWTError) {
        try checkPresence(of: claims, in: payload)
        try checkIssuer(of: claims, in: payload)
        try checkAudience(of: claims, in: payload)
        try checkExpiry(of: claims, at: now)
        try checkStart(of: claims, at: now)
    }

    @inline(__always)
    private func checkPresence(of claims: borrowing ClaimIndex, in payload: Span<UInt8>) throws(JWTError) {
        guard !claims.present.isSuperset(of: required) || !otherRequired.isEmpty else { return }
        for name in ClaimIndex.Name.allCases where required.contains(.init(name)) {
            if claims[name] == nil { throw Self.missing(name.text) }
        }
        for name in otherRequired where !payload.hasMember(name) {
            throw Self.missing(name)
        }
    }

    @inline(__always)
    private func checkIssuer(of claims: borrowing ClaimIndex, in payload: Span<UInt8>) throws(JWTError) {
        guard let issuers else { return }
        guard let issuer = claims[.issuer] else { throw Self.missing("iss") }
        guard issuers.contains(where: { payload.equals(issuer, $0.span) }) else {
            throw JWTError(.issuer, "the issuer of the token is not trusted", claim: "iss")
        }
    }

    @inline(__always)
    private func checkAudience(of claims: borrowing ClaimIndex, in payload: Span<UInt8>) throws(JWTError) {
        if let named = claims[.audience] {
            guard let audience, payload.contains(audience.span, in: named) else {
                throw JWTError(.audience, "the token is for another audience", claim: "aud")
            }
        } else if audience != nil {
            // RFC 7519 section 4.1.3 allows a token without `aud`. RFC 8725 section 3.9 requires an `aud`.
            throw Self.missing("aud")
        }
    }

    // The sums and differences of dates saturate. Each comparison has the same result as with unlimited integers.

    @inline(__always)
    private func checkExpiry(of claims: borrowing ClaimIndex, at now: NumericDate) throws(JWTError) {
        guard let expiry = claims.date(.expiresAt), now - expiry >= policy.leeway else { return }
        throw JWTError(.expired, "the token has expired", claim: "exp", seconds: now - expiry)
    }

    @inline(__always)
    private func checkStart(of claims: borrowing ClaimIndex, at now: NumericDate) throws(JWTError) {
        guard let start = claims.date(.notBefore), start > now + policy.leeway else { return }
        throw JWTError(.notYetValid, "the token is not valid yet", claim: "nbf", seconds: start - now)
    }
}
