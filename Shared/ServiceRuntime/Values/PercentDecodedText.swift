/// A text whose percent-encoded bytes are decoded (RFC 3986 §2.1), also those that were encoded more than once: `%2565` is `e`.
struct PercentDecodedText {
    /// The decoded bytes.
    private(set) var bytes: [UInt8]
    /// Where each decoded byte begins in the text, and where the text ends; empty if no byte is encoded.
    private var starts: [Int] = []

    /// Decodes the bytes of a text. A `%` without two hexadecimal digits stays as it is.
    init(_ text: [UInt8]) {
        bytes = text
        guard text.contains(UInt8(ascii: "%")) else { return }
        bytes = []
        var position = 0
        while position < text.count {
            starts.append(position)
            let (byte, end) = Self.byte(at: position, in: text)
            bytes.append(byte)
            position = end
        }
        starts.append(text.count)
    }

    /// Whether the byte at `index` is encoded in the text.
    func isEncoded(_ index: Int) -> Bool {
        !starts.isEmpty && starts[index + 1] - starts[index] > 1
    }

    /// The part of the text that a range of decoded bytes stands for.
    func encodedRange(_ range: Range<Int>) -> Range<Int> {
        starts.isEmpty ? range : starts[range.lowerBound]..<starts[range.upperBound]
    }

    private static func byte(at position: Int, in text: [UInt8]) -> (UInt8, end: Int) {
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
