extension NumericDate {
    /// Reads a JSON number of any form; nil when it does not fit into 64 bits.
    init?(_ number: JSONSlice, in bytes: Span<UInt8>) {
        if let plain = Self.plainInteger(number.range, bytes) {
            self.init(seconds: plain)
        } else {
            self.init(anyForm: number, in: bytes)
        }
    }

    /// The number, if it consists of at most 18 digits, as nearly every date does; nil otherwise.
    @inline(__always)
    private static func plainInteger(_ range: Range<Int>, _ bytes: Span<UInt8>) -> Int64? {
        guard range.count <= 18 else { return nil }
        var value: Int64 = 0
        var index = range.lowerBound
        if range.count >= 8 {
            let word = bytes.word(at: index)
            guard word.isAllDigits else { return nil }
            value = word.valueOfDigits
            index += 8
        }
        while index < range.upperBound {
            let digit = bytes.byte(index) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            index += 1
        }
        return value
    }

    private init?(anyForm number: JSONSlice, in bytes: Span<UInt8>) {
        var range = number.range
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        if isNegative { range = range.dropFirst() }
        let (digits, exponent) = Self.splitExponent(range, bytes)
        let point = digits.first { bytes[$0] == UInt8(ascii: ".") } ?? digits.upperBound
        // The first `integerDigits` digits are whole seconds. `integerDigits` may be negative, or larger than the
        // number of digits.
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

    /// The digits before `e`, and the exponent after it. An exponent above 2^40 becomes 2^40, which has the same
    /// result.
    private static func splitExponent(_ range: Range<Int>, _ bytes: Span<UInt8>) -> (digits: Range<Int>, exponent: Int)
    {
        guard let mark = range.first(where: { bytes[$0] | 0x20 == UInt8(ascii: "e") }) else { return (range, 0) }
        var exponent = 0
        for index in (mark + 1)..<range.upperBound where bytes[index] >= UInt8(ascii: "0") {
            exponent = min(exponent * 10 + Int(bytes[index] - UInt8(ascii: "0")), 1 << 40)
        }
        return (range.lowerBound..<mark, bytes[mark + 1] == UInt8(ascii: "-") ? -exponent : exponent)
    }

    /// The number that the first `integerDigits` digits represent, and whether one of the other digits is not zero.
    private static func wholePart(
        _ digits: Range<Int>, _ integerDigits: Int, _ bytes: Span<UInt8>
    ) -> (whole: UInt64, hasFraction: Bool)? {
        var whole: UInt64 = 0
        var hasFraction = false
        var position = 0
        for index in digits where bytes[index] != UInt8(ascii: ".") {
            let digit = UInt64(bytes[index] - UInt8(ascii: "0"))
            if position >= integerDigits {
                hasFraction = hasFraction || digit != 0
            } else {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(digit)
                guard !overflow, !carry else { return nil }
                whole = sum
            }
            position += 1
        }
        while position < integerDigits, whole > 0 {
            let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            whole = product
            position += 1
        }
        return (whole, hasFraction)
    }
}
