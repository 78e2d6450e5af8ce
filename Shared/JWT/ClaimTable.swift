/// Where each known claim stands in a payload.
struct ClaimTable: Sendable {
    /// The claims that have a property of their own.
    enum Name: String, CaseIterable {
        case issuer = "iss", subject = "sub", audience = "aud", expiresAt = "exp", notBefore = "nbf", issuedAt = "iat"
        case id = "jti", scope, scopes, username, sessionID = "sid", queryHash = "qsh", actor = "act"
    }

    /// A set of names.
    struct Names: OptionSet, Sendable {
        let rawValue: UInt16
        init(rawValue: UInt16) { self.rawValue = rawValue }
        init(_ name: Name) { rawValue = 1 << UInt16(name.index) }
    }

    private(set) var present: Names = []
    private(set) var expiresAt: NumericDate?
    private(set) var notBefore: NumericDate?
    private(set) var issuedAt: NumericDate?
    private var slices = InlineArray<13, JSONSlice>(repeating: JSONSlice(start: 0, end: 0, kind: .null))

    subscript(name: Name) -> JSONSlice? {
        present.contains(Names(name)) ? slices[name.index] : nil
    }

    /// Reads a payload's JSON, and holds every known claim to the type that its RFC gives it.
    init(_ bytes: Span<UInt8>) throws(JWTError) {
        var others = NameList()
        do throws(JSONFault) {
            try JSONScanner.scanObject(bytes) { name, value throws(JSONFault) in
                guard let known = Name(name, in: bytes) else {
                    guard others.insert(name, bytes) else { throw .malformed }
                    return
                }
                guard present.insert(Names(known)).inserted else { throw .malformed }
                slices[known.index] = value
            }
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the claims are nested too deep")
                : JWTError(.malformed, "the claims are not a strict JSON object")
        }
        try checkTypes(bytes)
    }

    private mutating func checkTypes(_ bytes: Span<UInt8>) throws(JWTError) {
        expiresAt = try date(.expiresAt, bytes)
        notBefore = try date(.notBefore, bytes)
        issuedAt = try date(.issuedAt, bytes)
        for name in [Name.issuer, .subject, .id, .scope, .username, .sessionID, .queryHash] {
            guard self[name]?.isString ?? true else { throw Self.wrongType(name) }
        }
        if let audience = self[.audience], !audience.isString, !bytes.isArrayOfStrings(audience) {
            throw Self.wrongType(.audience)
        }
        if let scopes = self[.scopes], !bytes.isArrayOfStrings(scopes) { throw Self.wrongType(.scopes) }
        if let actor = self[.actor], actor.kind != .object { throw Self.wrongType(.actor) }
    }

    @inline(__always)
    private func date(_ name: Name, _ bytes: Span<UInt8>) throws(JWTError) -> NumericDate? {
        guard let value = self[name] else { return nil }
        guard value.kind == .number else { throw Self.wrongType(name) }
        guard let date = NumericDate(value, in: bytes) else {
            throw JWTError(.invalidClaim, "a date lies outside of what 64 bits can tell", claim: name.rawValue)
        }
        return date
    }

    private static func wrongType(_ name: Name) -> JWTError {
        JWTError(.invalidClaim, "a claim's value is of the wrong type", claim: name.rawValue)
    }
}

extension ClaimTable.Name {
    /// The place of the name's slice.
    @inline(__always)
    var index: Int {
        switch self {
        case .issuer: 0
        case .subject: 1
        case .audience: 2
        case .expiresAt: 3
        case .notBefore: 4
        case .issuedAt: 5
        case .id: 6
        case .scope: 7
        case .scopes: 8
        case .username: 9
        case .sessionID: 10
        case .queryHash: 11
        case .actor: 12
        }
    }

    /// The known name that a member has, its escapes resolved.
    @inline(__always)
    init?(_ name: JSONSlice, in bytes: Span<UInt8>) {
        guard name.kind == .string else {
            self.init(anyForm: name, in: bytes)
            return
        }
        let start = name.range.lowerBound
        switch name.range.count {
        case 3:
            switch UInt32(letters: bytes.byte(start), bytes.byte(start + 1), bytes.byte(start + 2)) {
            case UInt32(letters: "iss"): self = .issuer
            case UInt32(letters: "sub"): self = .subject
            case UInt32(letters: "aud"): self = .audience
            case UInt32(letters: "exp"): self = .expiresAt
            case UInt32(letters: "nbf"): self = .notBefore
            case UInt32(letters: "iat"): self = .issuedAt
            case UInt32(letters: "jti"): self = .id
            case UInt32(letters: "sid"): self = .sessionID
            case UInt32(letters: "qsh"): self = .queryHash
            case UInt32(letters: "act"): self = .actor
            default: return nil
            }
        case 5 where bytes.byte(start) == UInt8(ascii: "s"), 6 where bytes.byte(start) == UInt8(ascii: "s"),
            8 where bytes.byte(start) == UInt8(ascii: "u"):
            self.init(anyForm: name, in: bytes)
        default: return nil
        }
    }
}

extension CaseIterable where Self: RawRepresentable<String> {
    /// The case whose raw value is a string in a scanned text, compared byte by byte.
    init?(anyForm string: JSONSlice, in bytes: Span<UInt8>) {
        guard let match = Self.allCases.first(where: { bytes.equals(string, $0.rawValue.utf8.span) }) else {
            return nil
        }
        self = match
    }
}

extension Span<UInt8> {
    /// Whether a value is an array that has only strings in it.
    func isArrayOfStrings(_ value: JSONSlice) -> Bool {
        guard value.kind == .array else { return false }
        var result = true
        try? JSONScanner.scanArray(extracting(value.range)) { element throws(JSONFault) in
            if !element.isString { result = false }
        }
        return result
    }

    /// The strings of an array that has nothing else, or of one string standing for itself.
    func strings(_ value: JSONSlice) -> [String] {
        guard value.kind == .array else { return [string(value)] }
        var strings: [String] = []
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONFault) in strings.append(array.string(element)) }
        return strings
    }

    /// Whether one of `strings(value)` is these bytes.
    func contains(_ other: Span<UInt8>, in value: JSONSlice) -> Bool {
        guard value.kind == .array else { return equals(value, other) }
        var result = false
        let array = extracting(value.range)
        try? JSONScanner.scanArray(array) { element throws(JSONFault) in
            if array.equals(element, other) { result = true }
        }
        return result
    }
}
