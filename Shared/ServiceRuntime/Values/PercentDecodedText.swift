/// A text whose percent-encoded bytes are decoded (RFC 3986 §2.1), also those that were encoded more than once: `%2565` is `e`.
struct PercentDecodedText {
    /// The decoded bytes.
    private(set) var bytes: [UInt8]
    /// Where each decoded byte stands in the text; empty if the text has the same bytes.
    private var ranges: [Range<Int>] = []

    /// Decodes the bytes of a text. A `%` without two hexadecimal digits stays as it is.
    ///
    /// - Parameter unfolding: Whether to leave out line folding: a line break and the white space behind it (RFC 9112 §5.2).
    init(_ text: [UInt8], unfolding: Bool = false) {
        bytes = text
        guard unfolding || text.contains(UInt8(ascii: "%")) else { return }
        bytes = []
        var position = 0
        while position < text.count {
            let (byte, end) = Self.byte(at: position, in: text)
            if unfolding, byte.isLineBreak, let end = Self.endOfFolding(at: position, in: text) {
                position = end
                continue
            }
            bytes.append(byte)
            ranges.append(position..<end)
            position = end
        }
    }

    /// The end of the line folding that begins at `position`; nil if no space follows the line break.
    private static func endOfFolding(at position: Int, in text: [UInt8]) -> Int? {
        var end = position
        // CR, LF or both. A look at more of them would make the work quadratic.
        for _ in 0..<2 where end < text.count && byte(at: end, in: text).byte.isLineBreak {
            end = byte(at: end, in: text).end
        }
        let start = end
        while end < text.count, case let next = byte(at: end, in: text), next.byte.isSpaceOrTab { end = next.end }
        return end > start ? end : nil
    }

    /// Whether the byte at `index` is encoded in the text.
    func isEncoded(_ index: Int) -> Bool {
        !ranges.isEmpty && ranges[index].count > 1
    }

    /// The part of the text that a range of decoded bytes stands for. The range is not empty.
    func encodedRange(_ range: Range<Int>) -> Range<Int> {
        ranges.isEmpty ? range : ranges[range.lowerBound].lowerBound..<ranges[range.upperBound - 1].upperBound
    }

    /// Whether line folding was left out inside of a range of decoded bytes.
    func isFolded(_ range: Range<Int>) -> Bool {
        !ranges.isEmpty && ranges[range].reduce(0) { $0 + $1.count } < encodedRange(range).count
    }

    private static func byte(at position: Int, in text: [UInt8]) -> (byte: UInt8, end: Int) {
        guard text[position] == UInt8(ascii: "%") else { return (text[position], position + 1) }
        var digits = position + 1
        // The two digits of an encoded `%`, followed by those of the byte that it encodes.
        while pair(at: digits, in: text) == UInt8(ascii: "%"), pair(at: digits + 2, in: text) != nil { digits += 2 }
        guard let value = pair(at: digits, in: text) else { return (text[position], position + 1) }
        return (value, digits + 2)
    }

    /// The value of two hexadecimal digits.
    private static func pair(at position: Int, in text: [UInt8]) -> UInt8? {
        guard position + 1 < text.count, let high = text[position].hexDigitValue,
            let low = text[position + 1].hexDigitValue
        else { return nil }
        return high << 4 | low
    }
}

extension UInt8 {
    /// Whether the byte is CR or LF.
    var isLineBreak: Bool { self == 0x0D || self == 0x0A }
    /// Whether the byte is a space, a tab, CR or LF.
    var isWhiteSpace: Bool { isSpaceOrTab || isLineBreak }
    fileprivate var isSpaceOrTab: Bool { self == 0x20 || self == 0x09 }
}
