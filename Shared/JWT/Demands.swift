/// A policy and a key set in the form in which a verifier compares with them: bytes and bits instead of strings.
struct Demands: Sendable {
    let maximumTokenBytes: Int
    let headers: KnownHeaders
    private let type: [UInt8]?
    private let issuers: [[UInt8]]?
    private let audience: [UInt8]?
    private let leeway: Int64
    private let required: ClaimTable.Names
    private let otherRequired: [String]

    init(_ policy: Policy, keys: KeySet) {
        maximumTokenBytes = policy.maximumTokenBytes
        headers = KnownHeaders(keys: keys, type: policy.type)
        type = policy.type.map { Array($0.utf8) }
        issuers = policy.issuers.map { $0.map { Array($0.utf8) } }
        audience = policy.audience.map { Array($0.utf8) }
        leeway = policy.leeway
        let names = policy.required.map { name in
            (name, ClaimTable.Name.allCases.first { $0.rawValue.utf8.elementsEqual(name.utf8) })
        }
        required = ClaimTable.Names(names.compactMap { $0.1.map(ClaimTable.Names.init) })
        otherRequired = names.filter { $0.1 == nil }.map(\.0)
    }

    /// Whether a header's `typ`, or its absence, is what is wanted.
    func allows(type name: JSONSlice?, in header: Span<UInt8>) -> Bool {
        guard let type else { return true }
        return MediaType.matches(name.map { header.unescaped($0) } ?? MediaType.jwt, type)
    }

    /// Checks the claims (RFC 7519 section 4.1); their types have been checked already.
    @inline(__always)
    func check(_ claims: borrowing ClaimTable, in payload: Span<UInt8>, at now: NumericDate) throws(JWTError) {
        if !claims.present.isSuperset(of: required) || !otherRequired.isEmpty { try checkPresence(claims, payload) }
        if let issuers, let issuer = claims[.issuer], !issuers.contains(where: { payload.equals(issuer, $0.span) }) {
            throw JWTError(.issuer, "the token's issuer is not trusted here", claim: "iss")
        }
        if let named = claims[.audience] {
            guard let audience, payload.contains(audience.span, in: named) else {
                throw JWTError(.audience, "the token is meant for someone else", claim: "aud")
            }
        }
        // Differences, unlike sums with the leeway, cannot leave the range of what they are compared with.
        if let expiry = claims.expiresAt, now - expiry >= leeway {
            throw JWTError(.expired, "the token has expired", claim: "exp", seconds: now - expiry)
        }
        if let start = claims.notBefore, start - now > leeway {
            throw JWTError(.notYetValid, "the token is not valid yet", claim: "nbf", seconds: start - now)
        }
    }

    private func checkPresence(_ claims: ClaimTable, _ payload: Span<UInt8>) throws(JWTError) {
        for name in ClaimTable.Name.allCases where required.contains(.init(name)) && claims[name] == nil {
            throw JWTError(.missingClaim, "a required claim is missing", claim: name.rawValue)
        }
        for name in otherRequired where !payload.hasMember(name) {
            throw JWTError(.missingClaim, "a required claim is missing", claim: name)
        }
    }
}

extension Span<UInt8> {
    /// Whether a scanned object has a member of this name.
    func hasMember(_ name: String) -> Bool {
        var found = false
        try? JSONScanner.scanObject(self) { member, _ throws(JSONFault) in
            if equals(member, name.utf8.span) { found = true }
        }
        return found
    }
}
