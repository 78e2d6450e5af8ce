/// Where each known claim stands in a payload.
struct ClaimIndex: Sendable {
    /// The claims that have a property of their own. The dates come first, where `dates` has a place for each.
    enum Name: Int, CaseIterable {
        case expiresAt, notBefore, issuedAt
        case issuer, subject, audience, id, scope, scopes, username, sessionID, queryHash, actor
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
            Names(.scope), Names(.username), Names(.sessionID), Names(.queryHash),
        ]

        var first: Name? { Name(rawValue: rawValue.trailingZeroBitCount) }
    }

    private(set) var present: Names = []
    private var slices = InlineArray<13, JSONSlice>(repeating: JSONSlice(0, 0, .null))
    private var dates = InlineArray<3, Int64>(repeating: 0)

    @inline(__always)
    subscript(name: Name) -> JSONSlice? {
        present.contains(Names(name)) ? slices[name.rawValue] : nil
    }

    /// A claim that is a date; nil when it is not there, or is not one.
    @inline(__always)
    func date(_ name: Name) -> NumericDate? {
        guard Names.dates.contains(Names(name)), present.contains(Names(name)) else { return nil }
        return NumericDate(seconds: dates[name.rawValue])
    }

    /// Reads a payload's JSON, and holds every known claim to the type that its RFC gives it.
    @inline(__always)
    mutating func read(_ bytes: Span<UInt8>, checksPrivateClaims: Bool = true) throws(JWTError) {
        var others = SeenNames()
        var (strings, numbers): (Names, Names) = ([], [])
        do throws(JSONError) {
            try JSONScanner.scanObject(bytes) { name, value throws(JSONError) in
                guard let known = Name(name, in: bytes) else {
                    guard others.insert(name, bytes) else { throw .malformed }
                    return
                }
                let name = Names(known)
                guard present.isDisjoint(with: name) else { throw .malformed }
                present.formUnion(name)
                slices[known.rawValue] = value
                if value.isString { strings.formUnion(name) }
                if value.isNumber { numbers.formUnion(name) }
            }
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the claims are nested too deep")
                : JWTError(.malformed, "the claims are not a strict JSON object")
        }
        let mustBeStrings =
            checksPrivateClaims
            ? Names.registeredStrings.union(.privateStrings) : .registeredStrings
        let wrong = present.intersection(mustBeStrings).subtracting(strings)
            .union(present.intersection(.dates).subtracting(numbers))
        if let name = wrong.first { throw Self.wrongType(name) }
        try readDate(.expiresAt, bytes)
        try readDate(.notBefore, bytes)
        try readDate(.issuedAt, bytes)
        if let audience = self[.audience], !audience.isString, !bytes.isArrayOfStrings(audience) {
            throw Self.wrongType(.audience)
        }
        if checksPrivateClaims { try checkPrivateContainers(bytes) }
    }

    @inline(__always)
    private mutating func readDate(_ name: Name, _ bytes: Span<UInt8>) throws(JWTError) {
        guard present.contains(Names(name)) else { return }
        guard let date = NumericDate(slices[name.rawValue], in: bytes) else {
            throw JWTError(.invalidClaim, "a date lies outside of what 64 bits can tell", claim: name.text)
        }
        dates[name.rawValue] = date.seconds
    }

    private func checkPrivateContainers(_ bytes: Span<UInt8>) throws(JWTError) {
        if let scopes = self[.scopes], !bytes.isArrayOfStrings(scopes) { throw Self.wrongType(.scopes) }
        if let actor = self[.actor], actor.kind != .object { throw Self.wrongType(.actor) }
    }

    private static func wrongType(_ name: Name) -> JWTError {
        JWTError(.invalidClaim, "a claim's value is of the wrong type", claim: name.text)
    }
}

extension ClaimIndex.Name {
    /// The name in a token.
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
        }
    }

    init?(_ text: String) {
        guard let match = Self.allCases.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) else { return nil }
        self = match
    }

    /// The known name that a member has, its escapes resolved.
    @inline(__always)
    init?(_ name: JSONSlice, in bytes: Span<UInt8>) {
        let range = name.range
        guard name.isPlainString, range.lowerBound + 8 <= bytes.count else {
            self.init(bytes.string(name))
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

extension Span<UInt8> {
    /// Whether a value is an array that has only strings in it.
    func isArrayOfStrings(_ value: JSONSlice) -> Bool {
        guard value.kind == .array else { return false }
        var result = true
        try? JSONScanner.scanArray(extracting(value.range)) { element throws(JSONError) in
            if !element.isString { result = false }
        }
        return result
    }

    /// The strings of an array that has nothing else, or of one string standing for itself.
    func strings(_ value: JSONSlice) -> [String] {
        guard value.kind == .array else { return [string(value)] }
        var strings: [String] = []
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONError) in strings.append(array.string(element)) }
        return strings
    }

    /// Whether one of `strings(value)` is these bytes.
    func contains(_ other: Span<UInt8>, in value: JSONSlice) -> Bool {
        guard value.kind == .array else { return equals(value, other) }
        var result = false
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONError) in
            if array.equals(element, other) { result = true }
        }
        return result
    }

    /// Whether one of the words of `range`, between spaces, is `word`.
    func hasWord(_ word: Span<UInt8>, in range: Range<Int>) -> Bool {
        guard !word.isEmpty else { return false }
        var start = range.lowerBound
        for index in range.lowerBound...range.upperBound {
            guard index == range.upperBound || self[index] == UInt8(ascii: " ") else { continue }
            if equals(start..<index, word) { return true }
            start = index + 1
        }
        return false
    }
}
