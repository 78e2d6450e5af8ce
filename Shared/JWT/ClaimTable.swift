/// Where each known claim stands in a payload.
struct ClaimTable: Sendable {
    /// The claims that have a property of their own.
    enum Name: String, CaseIterable {
        case issuer = "iss", subject = "sub", audience = "aud", expiresAt = "exp", notBefore = "nbf", issuedAt = "iat"
        case id = "jti", scope, scopes, username, sessionID = "sid", queryHash = "qsh", actor = "act"
    }

    private var slices: [Name: JSONSlice] = [:]
    private(set) var expiresAt: NumericDate?
    private(set) var notBefore: NumericDate?
    private(set) var issuedAt: NumericDate?
    /// The names that have no property.
    private var others: Set<[UInt8]> = []

    subscript(name: Name) -> JSONSlice? { slices[name] }

    /// Reads a payload's JSON.
    init(_ bytes: Span<UInt8>) throws(JWTError) {
        do throws(JSONFault) {
            try scan(bytes)
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the claims are nested too deep")
                : JWTError(.malformed, "the claims are not a strict JSON object")
        }
        try checkTypes(bytes)
    }

    /// Whether a claim is there, whatever its value.
    func contains(_ name: String) -> Bool {
        if let name = Name(rawValue: name) { return slices[name] != nil }
        return others.contains(Array(name.utf8))
    }

    private mutating func scan(_ bytes: Span<UInt8>) throws(JSONFault) {
        try JSONScanner.scanObject(bytes) { name, value throws(JSONFault) in
            let known = Name.allCases.first { bytes.equals(name, $0.rawValue) }
            if let known {
                guard slices.updateValue(value, forKey: known) == nil else { throw .malformed }
            } else {
                guard others.insert(bytes.unescaped(name)).inserted else { throw .malformed }
            }
        }
    }

    /// Holds every known claim to the type that its RFC gives it.
    private mutating func checkTypes(_ bytes: Span<UInt8>) throws(JWTError) {
        for (name, value) in slices {
            switch name {
            case .expiresAt: expiresAt = try Self.date(name, value, bytes)
            case .notBefore: notBefore = try Self.date(name, value, bytes)
            case .issuedAt: issuedAt = try Self.date(name, value, bytes)
            case .audience: guard value.isString || bytes.isArrayOfStrings(value) else { throw Self.wrongType(name) }
            case .scopes: guard bytes.isArrayOfStrings(value) else { throw Self.wrongType(name) }
            case .actor: guard value.kind == .object else { throw Self.wrongType(name) }
            default: guard value.isString else { throw Self.wrongType(name) }
            }
        }
    }

    private static func date(_ name: Name, _ value: JSONSlice, _ bytes: Span<UInt8>) throws(JWTError) -> NumericDate {
        guard value.kind == .number else { throw wrongType(name) }
        guard let date = NumericDate(value, in: bytes) else {
            throw JWTError(.invalidClaim, "a date lies outside of what can be told apart", claim: name.rawValue)
        }
        return date
    }

    private static func wrongType(_ name: Name) -> JWTError {
        JWTError(.invalidClaim, "the claim \(name.rawValue) has a value of the wrong type", claim: name.rawValue)
    }
}

extension Span<UInt8> {
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
}
