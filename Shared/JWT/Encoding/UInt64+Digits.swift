extension UInt64 {
    /// A word of eight equal bytes.
    @inline(__always)
    init(repeating byte: UInt8) {
        self = UInt64(byte) &* 0x0101_0101_0101_0101
    }

    /// Up to eight letters in the highest bytes of a word, the first letter lowest. `Span.word(at:)` has the same value
    /// after a shift that removes the bytes after the letters.
    @inline(__always)
    init(letters: StaticString) {
        var word: UInt64 = 0
        for index in 0..<letters.utf8CodeUnitCount { word = unsafe word >> 8 | UInt64(letters.utf8Start[index]) << 56 }
        self = word
    }

    /// Whether all eight bytes are decimal digits.
    @inline(__always)
    var isAllDigits: Bool {
        let values = self ^ UInt64(repeating: UInt8(ascii: "0"))
        return (values | (values &+ UInt64(repeating: 6))) & UInt64(repeating: 0xF0) == 0
    }

    /// The number that eight digits represent. Adjacent digits are combined into numbers of two, four and eight digits.
    @inline(__always)
    var valueOfDigits: Int64 {
        let ones = self & UInt64(repeating: 0x0F)
        let twos = (ones &* 2561) >> 8 & 0x00FF_00FF_00FF_00FF
        let fours = (twos &* 6_553_601) >> 16 & 0x0000_FFFF_0000_FFFF
        return Int64((fours &* 42_949_672_960_001) >> 32)
    }

    /// The values of the eight digits of a number below 10^8, one in each byte, the first in the lowest.
    ///
    /// The number is split into parts of four digits, of two digits and of one digit. The multiplications divide by 100
    /// and by 10; for numbers of this size the result is exact.
    @inline(__always)
    init(digitsOf number: UInt64) {
        let fours = number / 10_000 | (number % 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- 100 &* hundreds) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        self = tens | (twos &- 10 &* tens) << 8
    }
}
