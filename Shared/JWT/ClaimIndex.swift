/// The position of each known claim in a payload.
struct ClaimIndex: Sendable {
    private(set) var present: Names = []
    private var slices = InlineArray<14, JSONSlice>(repeating: JSONSlice(0, 0, .null))
    private var dates = InlineArray<3, Int64>(repeating: 0)

    @inline(__always)
    subscript(name: Name) -> JSONSlice? {
        present.contains(Names(name)) ? slices[name.rawValue] : nil
    }

    /// The value of a claim that is a date; nil when the claim is missing, or is not one of the dates.
    @inline(__always)
    func date(_ name: Name) -> NumericDate? {
        guard Names.dates.contains(Names(name)), present.contains(Names(name)) else { return nil }
        return NumericDate(seconds: dates[name.rawValue])
    }

    /// Reads the JSON of a payload, and checks that every known claim has the type that its specification demands.
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
            throw error.jwtError(of: "payload", "the payload is not a strict JSON object")
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
            throw JWTError(.invalidClaim, "a date does not fit into 64 bits", claim: name.text)
        }
        dates[name.rawValue] = date.seconds
    }

    private func checkPrivateContainers(_ bytes: Span<UInt8>) throws(JWTError) {
        if let scopes = self[.scopes], !bytes.isArrayOfStrings(scopes) { throw Self.wrongType(.scopes) }
        if let actor = self[.actor], actor.kind != .object { throw Self.wrongType(.actor) }
    }

    private static func wrongType(_ name: Name) -> JWTError {
        JWTError(.invalidClaim, "a claim has a value of the wrong type", claim: name.text)
    }
}
