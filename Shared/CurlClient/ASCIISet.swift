/// A set of ASCII characters.
struct ASCIISet: ExpressibleByStringLiteral {
    static let digits: Self = "0123456789"
    static let letters: Self = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    static let hexDigits = digits.union("ABCDEFabcdef")

    /// Bit n is 1 when the character n is in the set.
    private let low: UInt64
    /// Bit n is 1 when the character n + 64 is in the set.
    private let high: UInt64

    private init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    init(stringLiteral characters: String) {
        (low, high) = characters.utf8.reduce((0, 0)) { bits, byte in
            let bit: UInt64 = 1 << UInt64(byte & 63)
            return byte < 64 ? (bits.0 | bit, bits.1) : (bits.0, bits.1 | bit)
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }

    func union(_ other: Self) -> Self { Self(low: low | other.low, high: high | other.high) }
}
