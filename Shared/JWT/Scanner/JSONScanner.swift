/// Why a text is refused by the scanner.
enum JSONFault: Error {
    /// Not JSON by RFC 8259, not UTF-8, or with a name twice in one object.
    case malformed
    /// Nested deeper than `JSONScanner.maximumDepth`.
    case tooDeep
}

/// A value inside a scanned text: where it stands, and what it is, in eight bytes.
struct JSONSlice {
    enum Kind: UInt32 {
        case string, escapedString, number, object, array, boolean, null
    }

    /// The largest text that is scanned, in bytes: three bits of the second number hold the kind.
    static let maximumTextBytes = 1 << 29

    private let start: UInt32
    private let endAndKind: UInt32

    @inline(__always)
    init(_ start: Int, _ end: Int, _ kind: Kind) {
        self.start = UInt32(truncatingIfNeeded: start)
        endAndKind = UInt32(truncatingIfNeeded: end) << 3 | kind.rawValue
    }

    @inline(__always)
    var kind: Kind {
        switch endAndKind & 7 {
        case 0: .string
        case 1: .escapedString
        case 2: .number
        case 3: .object
        case 4: .array
        case 5: .boolean
        default: .null
        }
    }

    /// For a string the bytes between its quotes.
    @inline(__always)
    var range: Range<Int> { unsafe Range(uncheckedBounds: (Int(start), Int(endAndKind >> 3))) }
    @inline(__always)
    var isString: Bool { endAndKind & 7 <= Kind.escapedString.rawValue }
}

/// Walks a JSON text (RFC 8259) once, from the first byte to the last, and refuses everything that two readers could
/// read differently: bad UTF-8 and lone surrogates, names that repeat in an object (compared after unescaping), and
/// every departure from the grammar. It does not recurse.
struct JSONScanner {
    /// How many arrays and objects may be open at once.
    static let maximumDepth = 64

    private(set) var position = 0

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
        return try valueOtherThanString(bytes)
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

    private mutating func scalar(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
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

// MARK: - Strings, numbers, literals

extension JSONScanner {
    @inline(__always)
    private func peek(_ bytes: Span<UInt8>) -> UInt8 {
        position < bytes.count ? bytes.byte(position) : 0
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes.byte(position) == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    private mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while position < bytes.count, bytes.byte(position) <= 0x20 {
            switch bytes.byte(position) {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func literal(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONFault) {
        var matches = true
        word.withUTF8Buffer { word in
            for index in 0..<word.count {
                if unsafe position + index >= bytes.count || bytes[position + index] != word[index] { matches = false }
            }
        }
        guard matches else { throw .malformed }
        position += word.utf8CodeUnitCount
    }

    /// A string whose opening quote has been taken.
    @inline(__always)
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> JSONSlice {
        let start = position
        while position + 8 <= bytes.count {
            let mark = bytes.word(at: position).markOfSpecialJSON
            if mark == 0 {
                position += 8
                continue
            }
            position += mark.trailingZeroBitCount / 8
            guard bytes.byte(position) == UInt8(ascii: "\"") else { break }
            position += 1
            return JSONSlice(start, position - 1, .string)
        }
        return try restOfString(bytes, from: start)
    }

    /// Goes on byte by byte, near the end of the text or where a string has more than plain ASCII in it.
    private mutating func restOfString(_ bytes: Span<UInt8>, from start: Int) throws(JSONFault) -> JSONSlice {
        var kind = JSONSlice.Kind.string
        while position < bytes.count {
            switch bytes.byte(position) {
            case UInt8(ascii: "\""):
                position += 1
                return JSONSlice(start, position - 1, kind)
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape(bytes)
            case 0..<0x20: throw .malformed
            case 0..<0x80: position += 1
            default: try multibyteCharacter(bytes)
            }
        }
        throw .malformed
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONFault) {
        guard position + 1 < bytes.count else { throw .malformed }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard let first = bytes.hexadecimal(at: position + 2) else { throw .malformed }
            position += 6
            guard first & 0xF800 == 0xD800 else { return }
            guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u"), let second = bytes.hexadecimal(at: position + 2),
                second & 0xFC00 == 0xDC00
            else { throw .malformed }
            position += 6
        default: throw .malformed
        }
    }

    /// A character of two to four bytes, by the table of well-formed sequences (Unicode 16, table 3-7).
    private mutating func multibyteCharacter(_ bytes: Span<UInt8>) throws(JSONFault) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw .malformed
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { throw .malformed }
        for place in 2..<max(length, 2) where bytes[position + place] & 0xC0 != 0x80 { throw .malformed }
        position += length
    }

    @inline(__always)
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) {
        _ = take(UInt8(ascii: "-"), bytes)
        if !take(UInt8(ascii: "0"), bytes) { try digits(bytes) }
        if position < bytes.count,
            bytes.byte(position) == UInt8(ascii: ".") || bytes.byte(position) | 0x20 == UInt8(ascii: "e")
        {
            try fractionAndExponent(bytes)
        }
    }

    private mutating func fractionAndExponent(_ bytes: Span<UInt8>) throws(JSONFault) {
        if take(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            try digits(bytes)
        }
    }

    @inline(__always)
    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONFault) {
        let start = position
        while position < bytes.count, bytes.byte(position) &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw .malformed }
    }
}
