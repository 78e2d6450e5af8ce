// This folder contains the hot path and all unsafe code of the module: base64url, a JSON scanner and a JSON writer.
// Code in other folders must not be unsafe. `docs/performance.md` has the measurements that led to this code.

/// A scanner that passes once through a JSON text (RFC 8259).
///
/// It rejects every text that two parsers could read differently: invalid UTF-8, lone surrogates, repeated names in an
/// object (compared with their escapes resolved), and every deviation from the grammar. Scanning does not recurse.
/// Reading values recurses once for each level, at most `maximumDepth` times.
struct JSONScanner {
    /// The largest number of open arrays and objects. `OpenContainers` has one bit for each in a 64-bit word.
    static let maximumDepth = 64

    var position = 0

    /// Scans a text that must be one object, and calls `member` for each of its members, in order.
    @inline(__always)
    static func scanObject(
        _ bytes: Span<UInt8>, member: (_ name: JSONSlice, _ value: JSONSlice) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard bytes.count <= JSONSlice.maximumTextBytes else { throw .tooLarge }
        var scanner = JSONScanner()
        scanner.skipWhitespace(bytes)
        guard scanner.take(UInt8(ascii: "{"), bytes) else { throw .malformed }
        scanner.skipWhitespace(bytes)
        if !scanner.take(UInt8(ascii: "}"), bytes) {
            repeat {
                let name = try scanner.name(bytes)
                let value = try scanner.value(bytes)
                try member(name, value)
                scanner.skipWhitespace(bytes)
            } while scanner.take(UInt8(ascii: ","), bytes)
            guard scanner.take(UInt8(ascii: "}"), bytes) else { throw .malformed }
        }
        scanner.skipWhitespace(bytes)
        guard scanner.position == bytes.count else { throw .malformed }
    }

    /// Scans a text that must be one array, and calls `element` for each of its elements, in order.
    static func scanArray(
        _ bytes: Span<UInt8>, element: (JSONSlice) throws(JSONError) -> Void
    ) throws(JSONError) {
        var scanner = JSONScanner()
        guard scanner.take(UInt8(ascii: "["), bytes) else { throw .malformed }
        scanner.skipWhitespace(bytes)
        if !scanner.take(UInt8(ascii: "]"), bytes) {
            repeat {
                try element(try scanner.value(bytes))
                scanner.skipWhitespace(bytes)
            } while scanner.take(UInt8(ascii: ","), bytes)
            guard scanner.take(UInt8(ascii: "]"), bytes) else { throw .malformed }
        }
    }

    /// Whether a text is one number and nothing else.
    static func isNumber(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        return (try? scanner.number(bytes)) != nil && scanner.position == bytes.count
    }

    /// Takes the name of a member and the colon after it.
    @inline(__always)
    mutating func name(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        skipWhitespace(bytes)
        guard take(UInt8(ascii: "\""), bytes) else { throw .malformed }
        let name = try string(bytes)
        skipWhitespace(bytes)
        guard take(UInt8(ascii: ":"), bytes) else { throw .malformed }
        return name
    }

    /// Takes the value of a member or an element.
    @inline(__always)
    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        skipWhitespace(bytes)
        if take(UInt8(ascii: "\""), bytes) { return try string(bytes) }
        return try outOfLine { scanner throws(JSONError) in try scanner.valueOtherThanString(bytes) }
    }

    private mutating func valueOtherThanString(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        let start = position
        switch peek(bytes) {
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            try number(bytes)
            return JSONSlice(start, position, .number)
        case UInt8(ascii: "{"):
            try skipContainer(bytes)
            return JSONSlice(start, position, .object)
        case UInt8(ascii: "["):
            try skipContainer(bytes)
            return JSONSlice(start, position, .array)
        default:
            return try scalar(bytes)
        }
    }

    mutating func scalar(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        let start = position
        let kind: JSONSlice.Kind
        switch peek(bytes) {
        case UInt8(ascii: "\""):
            position += 1
            return try string(bytes)
        case UInt8(ascii: "t"):
            try literal("true", bytes)
            kind = .boolean
        case UInt8(ascii: "f"):
            try literal("false", bytes)
            kind = .boolean
        case UInt8(ascii: "n"):
            try literal("null", bytes)
            kind = .null
        default:
            try number(bytes)
            kind = .number
        }
        return JSONSlice(start, position, kind)
    }

    /// Takes an array or an object to its end.
    private mutating func skipContainer(_ bytes: Span<UInt8>) throws(JSONError) {
        var open = OpenContainers()
        repeat {
            // The position is at the start of a value.
            skipWhitespace(bytes)
            if take(UInt8(ascii: "{"), bytes) || take(UInt8(ascii: "["), bytes) {
                try open.push(isObject: bytes.byte(position - 1) == UInt8(ascii: "{"))
                skipWhitespace(bytes)
                if peek(bytes) != open.closingBracket {
                    if open.isObject { try nestedName(bytes, &open) }
                    continue
                }
            } else {
                _ = try scalar(bytes)
            }
            try closeOrContinue(bytes, &open)
        } while open.depth > 0
    }

    /// Closes the containers that end after a value, or takes the comma and the name before the next value.
    private mutating func closeOrContinue(_ bytes: Span<UInt8>, _ open: inout OpenContainers) throws(JSONError) {
        while open.depth > 0 {
            skipWhitespace(bytes)
            if take(UInt8(ascii: ","), bytes) {
                if open.isObject { try nestedName(bytes, &open) }
                return
            }
            guard take(open.closingBracket, bytes) else { throw .malformed }
            open.pop()
        }
    }

    private mutating func nestedName(_ bytes: Span<UInt8>, _ open: inout OpenContainers) throws(JSONError) {
        guard open.insert(bytes.unescaped(try name(bytes))) else { throw .malformed }
    }
}
