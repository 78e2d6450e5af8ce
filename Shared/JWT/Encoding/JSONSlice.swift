/// The position and the kind of a value in a scanned text, in eight bytes.
struct JSONSlice {
    enum Kind: UInt32 {
        case string, escapedString, number, object, array, boolean, null
    }

    /// The size of the largest text that is scanned, in bytes. Three bits of `endAndKind` hold the kind, and 29 bits
    /// the end.
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

    /// The positions of the bytes of the value. The range of a string excludes its quotes.
    @inline(__always)
    var range: Range<Int> { unsafe Range(uncheckedBounds: (Int(start), Int(endAndKind >> 3))) }
    @inline(__always)
    var isPlainString: Bool { endAndKind & 7 == Kind.string.rawValue }
    @inline(__always)
    var isNumber: Bool { endAndKind & 7 == Kind.number.rawValue }
    @inline(__always)
    var isString: Bool { endAndKind & 7 <= Kind.escapedString.rawValue }
}
