import CTextKernels

/// Access to eight or sixteen bytes at a time. In measurements, access to single bytes took more time than all other
/// work.
extension Span<UInt8> {
    /// The eight bytes from `index` on, the first in the lowest byte of the word. They must exist.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self).littleEndian
    }

    /// The number of bytes from `index` on that a JSON string holds without an escape, at most 16. The 16 bytes must exist.
    @inline(__always)
    func plainBytes(at index: Int) -> Int {
        Int(json_plain_bytes(unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: text_block.self)))
    }

    /// The byte at an index that the caller has checked.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 {
        unsafe self[unchecked: index]
    }

    /// A copy of the bytes.
    @inline(__always)
    var array: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether the bytes begin with those of `other`.
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
        // The last eight bytes. They may overlap those that are already compared.
        return word(at: range.upperBound - 8) == other.word(at: other.count - 8)
    }
}
