/// Why a text is refused by the scanner.
enum JSONError: Error {
    /// Not JSON by RFC 8259, not UTF-8, or with a name twice in one object.
    case malformed
    /// Nested deeper than `JSONScanner.maximumDepth`.
    case tooDeep
}

/// Walks a JSON text (RFC 8259) once, from the first byte to the last, and refuses everything that two readers could
/// read differently: bad UTF-8 and lone surrogates, names that repeat in an object (compared after unescaping), and
/// every departure from the grammar. To scan takes no recursion; to read values takes one for each level of `maximumDepth`.
struct JSONScanner {
    /// How many arrays and objects may be open at once; one word has a bit for each.
    static let maximumDepth = 64

    var position = 0

    /// Scans a whole text that must be one object; calls `member` for each of its members, in order.
    @inline(__always)
    static func scanObject(
        _ bytes: Span<UInt8>, member: (_ name: JSONSlice, _ value: JSONSlice) throws(JSONError) -> Void
    ) throws(JSONError) {
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

    /// Whether a whole text is one number.
    static func isNumber(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        return (try? scanner.number(bytes)) != nil && scanner.position == bytes.count
    }

    /// A member's name and the colon after it.
    @inline(__always)
    mutating func name(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        skipWhitespace(bytes)
        guard take(UInt8(ascii: "\""), bytes) else { throw .malformed }
        let name = try string(bytes)
        skipWhitespace(bytes)
        guard take(UInt8(ascii: ":"), bytes) else { throw .malformed }
        return name
    }

    /// A value of any kind, whose containers are inside one object.
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

    /// Scans an array or object to its end.
    private mutating func skipContainer(_ bytes: Span<UInt8>) throws(JSONError) {
        var open = OpenContainers()
        repeat {
            // At the start of a value.
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

    /// After a value: closes every container that ends here, or goes on to the next member of the innermost.
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

/// The arrays and objects that the scanner is inside of. What they are fits into one word; only objects take memory, for the
/// names seen in them.
private struct OpenContainers {
    /// One bit for each, the innermost lowest: whether it is an object.
    private var kinds: UInt64 = 0
    private(set) var depth = 0
    private var names: [Set<[UInt8]>] = []

    var isObject: Bool { kinds & 1 == 1 }
    var closingBracket: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    mutating func push(isObject: Bool) throws(JSONError) {
        // The object that all of them are in counts too.
        guard depth + 1 < JSONScanner.maximumDepth else { throw .tooDeep }
        kinds = kinds << 1 | (isObject ? 1 : 0)
        depth += 1
        if isObject { names.append([]) }
    }

    mutating func pop() {
        if isObject { names.removeLast() }
        kinds >>= 1
        depth -= 1
    }

    /// Adds a name to the innermost object; false when it has it already.
    mutating func insert(_ name: [UInt8]) -> Bool {
        names[names.count - 1].insert(name).inserted
    }
}
