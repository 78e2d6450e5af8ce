import CTextKernels

/// Reading eight or sixteen bytes at a time, where one at a time was measured to cost more than all the rest.
extension Span<UInt8> {
    /// The eight bytes from `index` on, the first in the lowest place. They must be there.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self).littleEndian
    }

    /// How many of the 16 bytes from `index` on, which must be there, stand for themselves in a string of JSON.
    @inline(__always)
    func plainBytes(at index: Int) -> Int {
        Int(json_plain_bytes(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: text_block.self)))
    }

    /// The byte at an index that was compared with the count already.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 {
        unsafe self[unchecked: index]
    }

    /// A copy of the bytes.
    @inline(__always)
    var array: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether the first bytes are those of `other`.
    @inline(__always)
    func hasPrefix(_ other: Span<UInt8>) -> Bool {
        count >= other.count && equals(0..<other.count, other)
    }

    /// Whether the bytes of `range` are those of `other`.
    @inline(__always)
    func equals(_ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        guard range.count == other.count else { return false }
        var index = 0
        guard other.count >= 8 else {
            while index < other.count {
                if byte(range.lowerBound + index) != other.byte(index) { return false }
                index += 1
            }
            return true
        }
        while index + 8 < other.count {
            if word(at: range.lowerBound + index) != other.word(at: index) { return false }
            index += 8
        }
        // The last eight bytes, some of which may have been compared already.
        return word(at: range.upperBound - 8) == other.word(at: other.count - 8)
    }
}

extension UInt8 {
    /// Whether a string in JSON may have this byte in it without an escape, and without a look at those beside it.
    @inline(__always)
    var standsForItselfInJSON: Bool {
        self >= 0x20 && self < 0x80 && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }
}

extension UInt64 {
    /// The same byte eight times.
    @inline(__always)
    init(repeating byte: UInt8) {
        self = UInt64(byte) &* 0x0101_0101_0101_0101
    }
}

extension UInt64 {
    /// Whether all eight bytes are decimal digits.
    @inline(__always)
    var isAllDigits: Bool {
        let values = self ^ UInt64(repeating: UInt8(ascii: "0"))
        return (values | (values &+ UInt64(repeating: 6))) & UInt64(repeating: 0xF0) == 0
    }

    /// The number that eight digits stand for: neighbours are joined in twos, fours and eights.
    @inline(__always)
    var valueOfDigits: Int64 {
        let ones = self & UInt64(repeating: 0x0F)
        let twos = (ones &* 2561) >> 8 & 0x00FF_00FF_00FF_00FF
        let fours = (twos &* 6_553_601) >> 16 & 0x0000_FFFF_0000_FFFF
        return Int64((fours &* 42_949_672_960_001) >> 32)
    }

    /// The eight digits of a number below 10^8, one to a byte, the first in the lowest: it is parted into fours, twos and
    /// ones. The multiplications divide by 100 and by 10, exactly for numbers of this size.
    @inline(__always)
    init(digitsOf number: UInt64) {
        let fours = number / 10_000 | (number % 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- 100 &* hundreds) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        self = tens | (twos &- 10 &* tens) << 8
    }
}

extension UInt64 {
    /// Up to eight letters in the form of a word that was read and moved up until nothing else is in it.
    @inline(__always)
    init(letters: StaticString) {
        var word: UInt64 = 0
        for index in 0..<letters.utf8CodeUnitCount { word = unsafe word >> 8 | UInt64(letters.utf8Start[index]) << 56 }
        self = word
    }
}
