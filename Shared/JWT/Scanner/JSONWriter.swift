/// Writes one JSON object into a buffer of fixed size. What does not fit is not written, and `isOverfull` says so.
@safe struct JSONWriter {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0
    private(set) var isOverfull = false

    /// A writer that has opened the object. The buffer has room for the two braces at least.
    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= 2)
        unsafe start = buffer.baseAddress.unsafelyUnwrapped
        capacity = buffer.count
        append(UInt8(ascii: "{"))
    }

    /// Closes the object: over the comma behind its last member, if it has any.
    mutating func finish() {
        if count > 1 { count -= 1 }
        append(UInt8(ascii: "}"))
    }

    /// Writes a text that is JSON already, such as a name with its quotes and colon.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        guard reserve(text.utf8CodeUnitCount) else { return }
        unsafe (start + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    /// Writes bytes that are JSON already.
    mutating func append(_ bytes: Span<UInt8>) {
        guard reserve(bytes.count) else { return }
        for index in 0..<bytes.count { unsafe start[count + index] = bytes.byte(index) }
        count += bytes.count
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        guard reserve(1) else { return }
        unsafe start[count] = byte
        count += 1
    }

    /// Writes a number.
    mutating func append(_ number: Int64) {
        guard reserve(20) else { return }
        if number < 0 { append(UInt8(ascii: "-")) }
        append(digitsOf: number.magnitude)
    }

    /// Writes the digits of a number, for which there is room: the last eight at once, those before them likewise.
    private mutating func append(digitsOf number: UInt64) {
        let (upper, lower) = number.quotientAndRemainder(dividingBy: 100_000_000)
        var digits = UInt64(digitsOf: lower)
        var length = 8
        if upper > 0 {
            append(digitsOf: upper)
        } else {
            let zeros = min(digits.trailingZeroBitCount / 8, 7)
            digits >>= UInt64(8 * zeros)
            length -= zeros
        }
        let text = digits | UInt64(repeating: UInt8(ascii: "0"))
        unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: text.littleEndian, as: UInt64.self)
        count += length
    }

    /// Writes a string with its quotes, and escapes where JSON asks for one.
    mutating func append(string: String) {
        let bytes = string.utf8.span
        guard reserve(bytes.count + 2) else { return }
        append(UInt8(ascii: "\""))
        if !appendPlain(bytes) {
            for index in 0..<bytes.count { append(escaping: bytes.byte(index)) }
        }
        append(UInt8(ascii: "\""))
    }

    /// Writes bytes, for which there is room, if all of them stand for themselves; otherwise none. The last block overlaps
    /// the one before it.
    private mutating func appendPlain(_ bytes: Span<UInt8>) -> Bool {
        let target = unsafe UnsafeMutableRawPointer(start + count)
        guard bytes.count >= 8 else {
            for index in 0..<bytes.count {
                let byte = bytes.byte(index)
                guard byte.standsForItselfInJSON else { return false }
                unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
            count += bytes.count
            return true
        }
        // Two words of eight bytes each, which overlap where the string is shorter than both.
        let distance = min(8, bytes.count - 8)
        let last = bytes.count - 8 - distance
        var index = 0
        while true {
            let (low, high) = (bytes.word(at: index), bytes.word(at: index &+ distance))
            guard JSONBlock(low, high).plainBytes == 16 else { return false }
            unsafe target.storeBytes(of: low.littleEndian, toByteOffset: index, as: UInt64.self)
            unsafe target.storeBytes(of: high.littleEndian, toByteOffset: index &+ distance, as: UInt64.self)
            if index == last { break }
            index = min(index &+ 16, last)
        }
        count += bytes.count
        return true
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            append(UInt8(ascii: "\\"))
            append(byte)
        case 0..<0x20:
            append("\\u00")
            append(UInt8(ascii: "0") + byte >> 4)
            append(byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") + byte & 15 - 10)
        default: append(byte)
        }
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) -> Bool {
        if count + more <= capacity { return true }
        isOverfull = true
        return false
    }
}
