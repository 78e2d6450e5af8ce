/// A token that a `Verifier` accepted. There is no other way to get one.
///
/// It keeps the payload and knows where each claim stands; a property makes its value when it is asked for.
public struct VerifiedToken: Sendable {
    /// The payload as it was signed: one JSON object in UTF-8, each name once in every object.
    public let payload: [UInt8]
    /// The key that the signature was made with, by its `kid`.
    public let keyID: String?
    let claims: ClaimIndex

    /// `iss`: who issued the token.
    public var issuer: String? { string(.issuer) }
    /// `sub`: whom the token is about.
    public var subject: String? { string(.subject) }
    /// `aud`: for whom it is meant; empty when it does not say.
    public var audience: [String] { strings(.audience) }
    /// `exp`: from when on it is refused.
    public var expiresAt: NumericDate? { claims.date(.expiresAt) }
    /// `nbf`: until when it was refused.
    public var notBefore: NumericDate? { claims.date(.notBefore) }
    /// `iat`: when it was issued.
    public var issuedAt: NumericDate? { claims.date(.issuedAt) }
    /// `jti`: the token's own name.
    public var id: String? { string(.id) }
    /// `sid`: the session that it belongs to.
    public var sessionID: String? { string(.sessionID) }
    /// `username`: the account's name.
    public var username: String? { string(.username) }
    /// `qsh`: the hash of the one request that it is good for.
    public var queryHash: String? { string(.queryHash) }
    /// `act.sub`: who acts on behalf of the subject.
    public var actor: String? { self["act"]?["sub"]?.string }

    /// What the token allows: the words of `scope`, or where there is none, the list `scopes`.
    public var scopes: [String] {
        if let scope = string(.scope) { return scope.split(separator: " ").map(String.init) }
        return strings(.scopes)
    }

    /// Whether the token allows `scope`, compared byte by byte.
    public func hasScope(_ scope: String) -> Bool {
        guard let words = claims[.scope] else {
            return claims[.scopes].map { payload.span.contains(scope.utf8.span, in: $0) } ?? false
        }
        guard words.isPlainString else { return scopes.contains { $0.utf8.elementsEqual(scope.utf8) } }
        return payload.span.hasWord(scope.utf8.span, in: words.range)
    }

    /// The value of any claim; nil when the token does not have it.
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
