/// Replaces invalid Unicode in JSON, to make the name of a case in a malformed line readable.
enum InvalidUnicode {
    /// A line of JSON with a replacement character for each byte that is not UTF-8 and for each escape of a lone surrogate; nil
    /// when there is nothing to replace.
    static func replaced(in line: [UInt8]) -> [UInt8]? {
        let text = Array(String(decoding: line, as: UTF8.self).utf8)
        var output: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            guard first == UInt8(ascii: "\\") else {
                output.append(first)
                rest.removeFirst()
                continue
            }
            let unit = surrogate(rest)
            let isPair = unit.map { $0 < 0xDC00 && (surrogate(rest.dropFirst(6)) ?? 0) >= 0xDC00 } ?? false
            // A backslash is copied with the character after it, so the `u` of `\\u` does not begin an escape.
            let length = isPair ? 12 : unit != nil ? 6 : 2
            output += unit != nil && !isPair ? Array("\\ufffd".utf8) : Array(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return output == line ? nil : output
    }

    /// The surrogate whose escape is at the start of the text, such as `\ud83d`.
    private static func surrogate(_ text: ArraySlice<UInt8>) -> UInt16? {
        let digits = text.prefix(6).dropFirst(2)
        guard text.starts(with: "\\u".utf8), digits.count == 4,
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16), unit & 0xF800 == 0xD800
        else { return nil }
        return unit
    }
}
