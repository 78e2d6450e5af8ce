extension ClaimIndex {
    /// The claims that `VerifiedToken` has a property for. The dates come first: their raw values are the indices of
    /// `ClaimIndex.dates`.
    enum Name: Int, CaseIterable {
        case expiresAt, notBefore, issuedAt
        case issuer, subject, audience, id, scope, scopes, username, sessionID, queryHash, actor, clientID
    }

    /// A set of names.
    struct Names: OptionSet, Sendable {
        let rawValue: UInt16
        init(rawValue: UInt16) { self.rawValue = rawValue }
        @inline(__always)
        init(_ name: Name) { rawValue = 1 << UInt16(name.rawValue) }

        static let dates: Names = [Names(.expiresAt), Names(.notBefore), Names(.issuedAt)]
        static let registeredStrings: Names = [Names(.issuer), Names(.subject), Names(.id)]
        static let privateStrings: Names = [
            Names(.scope), Names(.username), Names(.sessionID), Names(.queryHash), Names(.clientID),
        ]

        var first: Name? { Name(rawValue: rawValue.trailingZeroBitCount) }
    }
}

extension ClaimIndex.Name {
    /// The name of the claim in a token. RFC 7519 section 4.1 defines the first seven. The properties of
    /// `VerifiedToken` name the source of each.
    var text: String {
        switch self {
        case .expiresAt: "exp"
        case .notBefore: "nbf"
        case .issuedAt: "iat"
        case .issuer: "iss"
        case .subject: "sub"
        case .audience: "aud"
        case .id: "jti"
        case .scope: "scope"
        case .scopes: "scopes"
        case .username: "username"
        case .sessionID: "sid"
        case .queryHash: "qsh"
        case .actor: "act"
        case .clientID: "client_id"
        }
    }

    /// Whether `Claims` has a property for the claim.
    var hasProperty: Bool { self != .clientID }

    init?(_ text: String) {
        guard let match = Self.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) else { return nil }
        self = match
    }

    /// Finds the claim with the name of a member, with its escapes resolved; nil when it is not a known claim.
    @inline(__always)
    init?(_ name: JSONSlice, in bytes: Span<UInt8>) {
        let range = name.range
        guard name.isPlainString, range.lowerBound + 8 <= bytes.count else {
            self.init(bytes.string(name))
            return
        }
        // A word has eight letters.
        if range.count == 9, bytes.word(at: range.lowerBound) == UInt64(letters: "client_i"),
            bytes[range.upperBound - 1] == UInt8(ascii: "d")
        {
            self = .clientID
            return
        }
        guard range.count <= 8, !range.isEmpty else { return nil }
        switch bytes.word(at: range.lowerBound) << UInt64(64 - 8 * range.count) {
        case UInt64(letters: "iss"): self = .issuer
        case UInt64(letters: "sub"): self = .subject
        case UInt64(letters: "aud"): self = .audience
        case UInt64(letters: "exp"): self = .expiresAt
        case UInt64(letters: "nbf"): self = .notBefore
        case UInt64(letters: "iat"): self = .issuedAt
        case UInt64(letters: "jti"): self = .id
        case UInt64(letters: "scope"): self = .scope
        case UInt64(letters: "scopes"): self = .scopes
        case UInt64(letters: "username"): self = .username
        case UInt64(letters: "sid"): self = .sessionID
        case UInt64(letters: "qsh"): self = .queryHash
        case UInt64(letters: "act"): self = .actor
        default: return nil
        }
    }
}
