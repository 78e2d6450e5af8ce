/// What the header of a token says (RFC 7515 section 4.1), as far as it matters here; strings as slices of its JSON.
///
/// `jwk`, `jku`, `x5c`, `x5u` and what else an attacker may put there are never looked at (RFC 8725 section 3.10).
struct Header {
    private(set) var algorithm: JSONSlice?
    private(set) var keyID: JSONSlice?
    private(set) var type: JSONSlice?
    private(set) var isNested = false
    private(set) var isCritical = false
    private(set) var isEncrypted = false
    private(set) var isUnencoded = false

    /// The largest header, in bytes of JSON.
    static let maximumBytes = 8 * 1024

    /// Reads a header's JSON.
    init(_ bytes: Span<UInt8>) throws(JWTError) {
        var names = SeenNames()
        do throws(JSONError) {
            try JSONScanner.scanObject(bytes) { name, value throws(JSONError) in
                guard names.insert(name, bytes) else { throw .malformed }
                if let parameter = Parameter(anyForm: name, in: bytes) { try set(parameter, value, bytes) }
            }
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the header is nested too deep")
                : JWTError(.malformed, "the header is not a strict JSON object with the right types")
        }
    }

    /// The parameters that mean something here.
    private enum Parameter: String, CaseIterable {
        case algorithm = "alg", keyID = "kid", type = "typ", contentType = "cty", critical = "crit", encryption = "enc"
        case base64URLEncodePayload = "b64"
    }

    private mutating func set(_ name: Parameter, _ value: JSONSlice, _ bytes: Span<UInt8>) throws(JSONError) {
        switch name {
        // A missing and a misshapen `alg` are one fault: no algorithm is named.
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

/// Media types as `typ` and `cty` name them (RFC 7515 sections 4.1.9 and 4.1.10).
enum MediaType {
    /// What a token without `typ` is.
    static let jwt = Array("JWT".utf8)
    private static let prefix = Array("application/".utf8)

    /// Whether two names are the same type: without regard to case, and with `application/` left out where it may be.
    static func matches(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        let (a, b) = (a.extracting(droppingFirst: prefixCount(a)), b.extracting(droppingFirst: prefixCount(b)))
        return isSame(a, b)
    }

    /// The length of `application/` where it may be left out: when no other slash follows.
    private static func prefixCount(_ name: Span<UInt8>) -> Int {
        guard name.count > prefix.count, isSame(name.extracting(first: prefix.count), prefix.span) else { return 0 }
        for index in prefix.count..<name.count where name[index] == UInt8(ascii: "/") { return 0 }
        return prefix.count
    }

    private static func isSame(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        for index in 0..<a.count where lowercased(a[index]) != lowercased(b[index]) { return false }
        return true
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }
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
    /// Whether a string of this text is a media type.
    func isMediaType(_ string: JSONSlice, _ type: [UInt8]) -> Bool {
        if string.isPlainString { return MediaType.matches(extracting(string.range), type.span) }
        return MediaType.matches(unescaped(string).span, type.span)
    }
}
