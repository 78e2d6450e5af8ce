/// Why a text is refused by the scanner.
enum JSONFault: Error {
    /// Not JSON by RFC 8259, not UTF-8, or with a name twice in one object.
    case malformed
    /// Nested deeper than `JSONScanner.maximumDepth`.
    case tooDeep
}

/// Walks a JSON text (RFC 8259) once, from the first byte to the last, and refuses everything that two readers could
/// read differently: bad UTF-8 and lone surrogates, names that repeat in an object (compared after unescaping), and
/// every departure from the grammar. It does not recurse.
struct JSONScanner {
    /// How many arrays and objects may be open at once.
    static let maximumDepth = 64

    var position = 0

    /// Scans a whole text that must be one object; calls `member` for each of its members, in order.
    @inline(__always)
    static func scanObject(
        _ bytes: Span<UInt8>, member: (_ name: JSONSlice, _ value: JSONSlice) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard bytes.count <= JSONSlice.maximumTextBytes else { throw .tooDeep }
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

    /// Scans a whole text that must be one array; calls `element` for each of its elements, in order.
    static func scanArray(
        _ bytes: Span<UInt8>, element: (JSONSlice) throws(JSONFault) -> Void
    ) throws(JSONFault) {
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

    /// Whether a whole text is one number.
    static func isNumber(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        return (try? scanner.number(bytes)) != nil && scanner.position == bytes.count
    }

    /// A member's name and the colon after it.
    @inline(__always)
    private mutating func name(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
        skipWhitespace(bytes)
        guard take(UInt8(ascii: "\""), bytes) else { throw .malformed }
        let name = try string(bytes)
        skipWhitespace(bytes)
        guard take(UInt8(ascii: ":"), bytes) else { throw .malformed }
        return name
    }

    /// A value of any kind, whose containers are inside one object.
    @inline(__always)
    private mutating func value(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
        skipWhitespace(bytes)
        if take(UInt8(ascii: "\""), bytes) { return try string(bytes) }
        return try apart { scanner throws(JSONFault) in try scanner.valueOtherThanString(bytes) }
    }

    private mutating func valueOtherThanString(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
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

    mutating func scalar(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
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

    /// Scans an array or object to its end; the open ones are kept on a stack.
    private mutating func skipContainer(_ bytes: Span<UInt8>) throws(JSONFault) {
        var open: [Set<[UInt8]>?] = []  // for an object, the names seen
        repeat {
            // At the start of a value, a container's closing bracket, or its first member.
            skipWhitespace(bytes)
            if take(UInt8(ascii: "{"), bytes) || take(UInt8(ascii: "["), bytes) {
                guard open.count + 1 < Self.maximumDepth else { throw .tooDeep }
                let isObject = bytes[position - 1] == UInt8(ascii: "{")
                open.append(isObject ? [] : nil)
                skipWhitespace(bytes)
                if peek(bytes) != Self.closing(isObject: isObject) {
                    if isObject { try nestedName(bytes, &open) }
                    continue
                }
            } else {
                _ = try scalar(bytes)
            }
            try closeOrContinue(bytes, &open)
        } while !open.isEmpty
    }

    /// After a value: closes every container that ends here, or goes on to the next member of the innermost.
    private mutating func closeOrContinue(_ bytes: Span<UInt8>, _ open: inout [Set<[UInt8]>?]) throws(JSONFault) {
        while let innermost = open.last {
            skipWhitespace(bytes)
            if take(UInt8(ascii: ","), bytes) {
                if innermost != nil { try nestedName(bytes, &open) }
                return
            }
            guard take(Self.closing(isObject: innermost != nil), bytes) else { throw .malformed }
            open.removeLast()
        }
    }

    private mutating func nestedName(_ bytes: Span<UInt8>, _ open: inout [Set<[UInt8]>?]) throws(JSONFault) {
        let name = try name(bytes)
        let isNew = open[open.count - 1]?.insert(bytes.unescaped(name)).inserted ?? false
        guard isNew else { throw .malformed }
    }

    private static func closing(isObject: Bool) -> UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }
}
