/// A token that a `Verifier` has accepted. Only a verifier can create one.
///
/// It keeps the payload and the position of each claim. A property reads its value at each access.
public struct VerifiedToken: Sendable {
    /// The payload as it was signed: one JSON object in UTF-8, without repeated names.
    public let payload: [UInt8]
    /// The `kid` of the key that made the signature; nil for a key without an identifier.
    public let keyID: String?
    let claims: ClaimIndex

    /// `iss`, the issuer of the token (RFC 7519 section 4.1.1).
    public var issuer: String? { string(.issuer) }
    /// `sub`, the subject of the token (RFC 7519 section 4.1.2).
    public var subject: String? { string(.subject) }
    /// `aud`, the recipients of the token (RFC 7519 section 4.1.3); empty when the claim is missing.
    public var audience: [String] { strings(.audience) }
    /// `exp`, the time from which the token is rejected (RFC 7519 section 4.1.4).
    public var expiresAt: NumericDate? { claims.date(.expiresAt) }
    /// `nbf`, the time before which the token is rejected (RFC 7519 section 4.1.5).
    public var notBefore: NumericDate? { claims.date(.notBefore) }
    /// `iat`, the time of issue (RFC 7519 section 4.1.6).
    public var issuedAt: NumericDate? { claims.date(.issuedAt) }
    /// `jti`, the identifier of the token (RFC 7519 section 4.1.7).
    public var id: String? { string(.id) }
    /// `sid`, the session that the token belongs to (OpenID Connect Front-Channel Logout section 3).
    public var sessionID: String? { string(.sessionID) }
    /// `username`, the name of the account for people to read (RFC 7662 section 2.2).
    public var username: String? { string(.username) }
    /// `client_id`, the client that the token was issued to (RFC 8693 section 4.3).
    public var clientID: String? { string(.clientID) }
    /// `qsh`, the hash of the one request that the token is for (Atlassian Connect, "query string hash").
    public var queryHash: String? { string(.queryHash) }
    /// `act.sub`, the party that acts on behalf of the subject (RFC 8693 section 4.1).
    public var actor: String? { self["act"]?["sub"]?.string }

    /// The scopes that the token grants: the words of `scope` (RFC 8693 section 4.2). If that claim is missing, they
    /// are the elements of the array `scopes`.
    public var scopes: [String] {
        if let scope = string(.scope) { return scope.split(separator: " ").map(String.init) }
        return strings(.scopes)
    }

    /// Whether the token grants `scope`, compared byte by byte.
    public func hasScope(_ scope: String) -> Bool {
        guard let words = claims[.scope] else {
            return claims[.scopes].map { payload.span.contains(scope.utf8.span, in: $0) } ?? false
        }
        guard words.isPlainString else { return scopes.contains { $0.utf8.elementsEqual(scope.utf8) } }
        return payload.span.hasWord(scope.utf8.span, in: words.range)
    }

    /// Whether `sub`, `jti`, `sid` or `client_id` contains U+0000, which not every database can store.
    package var hasNULInIdentifiers: Bool {
        hasNUL(.subject) || hasNUL(.id) || hasNUL(.sessionID) || hasNUL(.clientID)
    }

    private func hasNUL(_ name: ClaimIndex.Name) -> Bool {
        // JSON must escape U+0000, so a string without escapes does not contain it.
        guard let slice = claims[name], !slice.isPlainString else { return false }
        return string(name)?.utf8.contains(0) ?? false
    }

    /// The value of any claim; nil when the claim is missing.
    public subscript(name: String) -> JSONValue? {
        JSONValue(object: payload)?[name]
    }

    private func string(_ name: ClaimIndex.Name) -> String? {
        guard let slice = claims[name], slice.isString else { return nil }
        return payload.span.string(slice)
    }

    private func strings(_ name: ClaimIndex.Name) -> [String] {
        guard let slice = claims[name], slice.isString || payload.span.isArrayOfStrings(slice) else { return [] }
        return payload.span.strings(slice)
    }
}
