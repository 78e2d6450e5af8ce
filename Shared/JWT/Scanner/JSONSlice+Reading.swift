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
        String(decoding: unescaped(slice), as: UTF8.self)
    }

    /// Whether a string, its escapes resolved, is these bytes.
    func equals(_ slice: JSONSlice, _ other: String) -> Bool {
        guard slice.kind == .string else { return unescaped(slice).elementsEqual(other.utf8) }
        guard slice.range.count == other.utf8.count else { return false }
        var index = slice.range.lowerBound
        for byte in other.utf8 {
            if self[index] != byte { return false }
            index += 1
        }
        return true
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

extension NumericDate {
    /// Reads a number of any form that JSON has; nil when it lies outside of 64 bits.
    init?(_ number: JSONSlice, in bytes: Span<UInt8>) {
        var range = number.range
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        if isNegative { range = range.dropFirst() }
        let (digits, exponent) = Self.splitExponent(range, bytes)
        let point = digits.first { bytes[$0] == UInt8(ascii: ".") } ?? digits.upperBound
        // Digits up to `integerDigits` (which may lie outside of those written) are whole seconds.
        let integerDigits = (point - digits.lowerBound) + exponent
        guard let (whole, hasFraction) = Self.wholePart(digits, integerDigits, bytes) else { return nil }
        let magnitude = hasFraction && !isNegative ? whole.addingReportingOverflow(1) : (whole, false)
        guard !magnitude.1 else { return nil }
        if isNegative {
            guard magnitude.0 <= Int64.min.magnitude else { return nil }
            seconds = Int64(truncatingIfNeeded: 0 &- magnitude.0)
        } else {
            guard let positive = Int64(exactly: magnitude.0) else { return nil }
            seconds = positive
        }
    }

    /// The digits before `e`, and the number behind it, which stops growing where it can no longer matter.
    private static func splitExponent(_ range: Range<Int>, _ bytes: Span<UInt8>) -> (digits: Range<Int>, exponent: Int)
    {
        guard let mark = range.first(where: { bytes[$0] | 0x20 == UInt8(ascii: "e") }) else { return (range, 0) }
        var exponent = 0
        for index in (mark + 1)..<range.upperBound where bytes[index] >= UInt8(ascii: "0") {
            exponent = min(exponent * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1 << 40)
        }
        return (range.lowerBound..<mark, bytes[mark + 1] == UInt8(ascii: "-") ? -exponent : exponent)
    }

    /// The first `integerDigits` digits as a number, and whether any of the others is not zero.
    private static func wholePart(
        _ digits: Range<Int>, _ integerDigits: Int, _ bytes: Span<UInt8>
    ) -> (whole: UInt64, hasFraction: Bool)? {
        var whole: UInt64 = 0
        var hasFraction = false
        var place = 0
        for index in digits where bytes[index] != UInt8(ascii: ".") {
            let digit = UInt64(bytes[index] - UInt8(ascii: "0"))
            if place >= integerDigits {
                hasFraction = hasFraction || digit != 0
            } else {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(digit)
                guard !overflow, !carry else { return nil }
                whole = sum
            }
            place += 1
        }
        while place < integerDigits, whole > 0 {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            whole = product
            place += 1
        }
        return (whole, hasFraction)
    }
}
