/// What the header of a token says (RFC 7515 section 4.1), as far as it matters here.
///
/// `jwk`, `jku`, `x5c`, `x5u` and what else an attacker may put there are never looked at (RFC 8725 section 3.10).
struct Header {
    var algorithm: String?
    var keyID: String?
    var type: String?
    var isNested = false
    var isCritical = false
    var isEncrypted = false
    var isUnencoded = false

    /// The largest header, in bytes of JSON.
    static let maximumBytes = 8 * 1024

    /// Reads a header's JSON.
    init(_ bytes: Span<UInt8>) throws(JWTError) {
        do throws(JSONFault) {
            var names: Set<[UInt8]> = []
            var header = Self()
            try JSONScanner.scanObject(bytes) { name, value throws(JSONFault) in
                let name = bytes.unescaped(name)
                guard names.insert(name).inserted else { throw .malformed }
                try header.set(String(decoding: name, as: UTF8.self), value, bytes)
            }
            self = header
        } catch {
            throw error == .tooDeep
                ? JWTError(.limit, "the header is nested too deep")
                : JWTError(.malformed, "the header is not a strict JSON object with the right types")
        }
    }

    private init() {}

    private mutating func set(_ name: String, _ value: JSONSlice, _ bytes: Span<UInt8>) throws(JSONFault) {
        switch name {
        // A missing and a misshapen `alg` are one fault: no algorithm is named.
        case "alg": algorithm = value.isString ? bytes.string(value) : nil
        case "kid": keyID = try Self.string(value, bytes)
        case "typ": type = try Self.string(value, bytes)
        case "cty": isNested = MediaType.matches(try Self.string(value, bytes), "JWT")
        case "crit": isCritical = true
        case "enc": isEncrypted = true
        case "b64":
            guard value.kind == .boolean else { throw .malformed }
            isUnencoded = bytes[value.range.lowerBound] == UInt8(ascii: "f")
        default: break
        }
    }

    private static func string(_ value: JSONSlice, _ bytes: Span<UInt8>) throws(JSONFault) -> String {
        guard value.isString else { throw .malformed }
        return bytes.string(value)
    }
}

/// Media types as `typ` and `cty` name them (RFC 7515 sections 4.1.9 and 4.1.10).
enum MediaType {
    /// Whether two names are the same type: without regard to case, and with `application/` left out where it may be.
    static func matches(_ a: String, _ b: String) -> Bool {
        normalized(a) == normalized(b)
    }

    private static func normalized(_ name: String) -> [UInt8] {
        let lowered = name.utf8.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
        let prefix = Array("application/".utf8)
        let isPlain = lowered.starts(with: prefix) && !lowered.dropFirst(prefix.count).contains(UInt8(ascii: "/"))
        return isPlain ? Array(lowered.dropFirst(prefix.count)) : lowered
    }
}
