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
    var isPlainString: Bool { endAndKind & 7 == Kind.string.rawValue }
    @inline(__always)
    var isNumber: Bool { endAndKind & 7 == Kind.number.rawValue }
    @inline(__always)
    var isString: Bool { endAndKind & 7 <= Kind.escapedString.rawValue }
}

/// Reading slices of a text that the scanner has been through: their form needs no second check.
extension Span<UInt8> {
    /// The bytes of a string with its escapes resolved.
    func unescaped(_ string: JSONSlice) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(string.range.count)
        var index = string.range.lowerBound
        while index < string.range.upperBound {
            if string.kind == .escapedString, self[index] == UInt8(ascii: "\\") {
                result += resolveEscape(at: &index)
            } else {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }

    /// The text of a string.
    func string(_ slice: JSONSlice) -> String {
        guard slice.kind == .string else { return String(decoding: unescaped(slice), as: UTF8.self) }
        return unsafe extracting(slice.range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a string, its escapes resolved, is these bytes.
    @inline(__always)
    func equals(_ string: JSONSlice, _ other: Span<UInt8>) -> Bool {
        if string.isPlainString { return equals(string.range, other) }
        let text = unescaped(string)
        return text.span.equals(0..<text.count, other)
    }

    /// Whether two strings are the same, their escapes resolved.
    func isSameString(_ a: JSONSlice, _ b: JSONSlice) -> Bool {
        if a.kind == .string, b.kind == .string { return equals(a.range, extracting(b.range)) }
        return unescaped(a) == unescaped(b)
    }

    /// The number behind `\u`, if four hexadecimal digits stand at `index`.
    func hexadecimal(at index: Int) -> UInt32? {
        guard index + 4 <= count else { return nil }
        var value: UInt32 = 0
        for place in index..<(index + 4) {
            switch self[place] {
            case let digit where digit &- UInt8(ascii: "0") < 10: value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case let letter where (letter | 0x20) &- UInt8(ascii: "a") < 6:
                value = value << 4 | UInt32((letter | 0x20) - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    private func resolveEscape(at index: inout Int) -> [UInt8] {
        let letter = self[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var value = hexadecimal(at: index) ?? 0xFFFD
            index += 4
            if value & 0xFC00 == 0xD800, let second = hexadecimal(at: index + 2) {
                value = 0x10000 + (value & 0x3FF) << 10 | (second & 0x3FF)
                index += 6
            }
            return Unicode.Scalar(value).map { Array(String(Character($0)).utf8) } ?? []
        default: return [letter]
        }
    }
}
