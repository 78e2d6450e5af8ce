/// The header parameters that decide whether a verifier accepts a token (RFC 7515 section 4.1), as slices of the JSON.
///
/// The parameters that contain or locate a key (`jwk`, `jku`, `x5c`, `x5u`) are ignored, because an attacker can set
/// them (RFC 8725 section 3.10).
struct Header {
    private(set) var algorithm: JSONSlice?
    private(set) var keyID: JSONSlice?
    private(set) var type: JSONSlice?
    private(set) var isNested = false
    private(set) var isCritical = false
    private(set) var isEncrypted = false
    private(set) var isUnencoded = false

    /// The size of the largest header, in bytes of JSON.
    static let maximumBytes = 8 * 1024

    /// Reads the JSON of a header.
    init(_ bytes: Span<UInt8>) throws(JWTError) {
        var names = SeenNames()
        do throws(JSONError) {
            try JSONScanner.scanObject(bytes) { name, value throws(JSONError) in
                guard names.insert(name, bytes) else { throw .malformed }
                if let parameter = Parameter(anyForm: name, in: bytes) { try set(parameter, value, bytes) }
            }
        } catch {
            throw error.jwtError(of: "header", "the header is not a strict JSON object with the right types")
        }
    }

    private enum Parameter: String, CaseIterable {
        case algorithm = "alg", keyID = "kid", type = "typ", contentType = "cty", critical = "crit", encryption = "enc"
        case base64URLEncodePayload = "b64"
    }

    private mutating func set(_ name: Parameter, _ value: JSONSlice, _ bytes: Span<UInt8>) throws(JSONError) {
        switch name {
        // An `alg` that is not a string counts as missing.
        case .algorithm: algorithm = value.isString ? value : nil
        case .keyID: keyID = try Self.string(value)
        case .type: type = try Self.string(value)
        case .contentType: isNested = bytes.isMediaType(try Self.string(value), MediaType.jwt)
        case .critical: isCritical = true
        case .encryption: isEncrypted = true
        case .base64URLEncodePayload:
            guard value.kind == .boolean else { throw .malformed }
            isUnencoded = bytes[value.range.lowerBound] == UInt8(ascii: "f")
        }
    }

    private static func string(_ value: JSONSlice) throws(JSONError) -> JSONSlice {
        guard value.isString else { throw .malformed }
        return value
    }
}

// MARK: - Writing

extension Header {
    /// The encoded header that this module writes, with the period after it.
    static func encoded(for key: Key, type: String) -> [UInt8] {
        let id = key.id.map { [JSONValue.Member("kid", .string($0))] } ?? []
        let members = [.init("alg", .string(key.algorithm.rawValue))] + id + [JSONValue.Member("typ", .string(type))]
        return encoded(members)
    }

    /// An encoded header with these members, with the period after it.
    static func encoded(_ members: [JSONValue.Member]) -> [UInt8] {
        Array((Base64URL.encode(Array(JSONValue.object(members).text.utf8)) + ".").utf8)
    }
}
