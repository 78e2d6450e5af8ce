/// The strings of a scanned text. The scanner has checked their form.
extension Span<UInt8> {
    /// The bytes of a string, with its escapes resolved.
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

    /// The text of a string, with its escapes resolved.
    func string(_ slice: JSONSlice) -> String {
        guard slice.kind == .string else { return String(decoding: unescaped(slice), as: UTF8.self) }
        return unsafe extracting(slice.range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a string, with its escapes resolved, has exactly the bytes of `other`.
    @inline(__always)
    func equals(_ string: JSONSlice, _ other: Span<UInt8>) -> Bool {
        if string.isPlainString { return equals(string.range, other) }
        let text = unescaped(string)
        return text.span.equals(0..<text.count, other)
    }

    /// The number that the four hexadecimal digits at `index` represent, as after `\u`; nil without four digits.
    func hexadecimal(at index: Int) -> UInt32? {
        guard index + 4 <= count else { return nil }
        var value: UInt32 = 0
        for position in index..<(index + 4) {
            switch self[position] {
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

extension CaseIterable where Self: RawRepresentable<String> {
    /// The case whose raw value is the string at a slice, with its escapes resolved, compared byte by byte.
    init?(anyForm string: JSONSlice, in bytes: Span<UInt8>) {
        guard let match = Self.allCases.first(where: { bytes.equals(string, $0.rawValue.utf8.span) }) else {
            return nil
        }
        self = match
    }
}
