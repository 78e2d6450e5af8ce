/// Base64url without padding, in the strict reading of RFC 7515 section 2 and RFC 4648 sections 3.5 and 5.
public enum Base64URL {
    /// The text of `bytes`.
    public static func encode(_ bytes: [UInt8]) -> String {
        let text = [UInt8](capacity: encodedCount(bytes.count)) { encode(bytes.span, into: &$0) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `text`, or nil when it has a character outside the alphabet (padding and white space included), a
    /// length that no encoder makes, or bits set after the last byte.
    public static func decode(_ text: String) -> [UInt8]? {
        let text = Array(text.utf8)
        return decode(text.span)
    }

    /// The length of the text of so many bytes.
    static func encodedCount(_ byteCount: Int) -> Int { byteCount / 3 * 4 + [0, 2, 3][byteCount % 3] }

    /// How many bytes a text of this length stands for.
    static func decodedCount(_ count: Int) -> Int { count / 4 * 3 + [0, 0, 1, 2][count % 4] }

    static func encode(_ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group =
                UInt32(bytes[index]) << 16 | (left > 1 ? UInt32(bytes[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[index + 2]) : 0)
            for place in 0...min(left, 3) {
                output.append(alphabet[Int(group >> UInt32(18 - 6 * place)) & 63])
            }
            index += 3
        }
    }

    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var valid = true
        let bytes = [UInt8](capacity: decodedCount(text.count)) { output in
            var index = 0
            while index < text.count {
                let length = min(4, text.count - index)
                var group: UInt32 = 0
                for place in 0..<length {
                    let value = values[Int(text[index + place])]
                    if value > 63 { valid = false }
                    group |= UInt32(value & 63) << UInt32(18 - 6 * place)
                }
                let unused: UInt32 = length == 2 ? 0xFFFF : length == 3 ? 0xFF : 0
                if group & unused != 0 { valid = false }
                for place in 0..<(length - 1) {
                    output.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * place)))
                }
                index += 4
            }
        }
        return valid ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
