/// A set of ASCII characters.
struct ASCIISet: ExpressibleByStringLiteral {
    static let digits: Self = "0123456789"
    static let letters: Self = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    static let hexDigits = digits.union("ABCDEFabcdef")

    /// Bit n is 1 when the character n is in the set.
    private let bits: UInt128

    private init(bits: UInt128) { self.bits = bits }

    init(stringLiteral characters: String) {
        bits = characters.utf8.reduce(0) { $0 | 1 << UInt128($1) }
    }

    func contains(_ byte: UInt8) -> Bool { byte < 128 && bits >> UInt128(byte) & 1 == 1 }

    func union(_ other: Self) -> Self { Self(bits: bits | other.bits) }
}
