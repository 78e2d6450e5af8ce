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
        var magnitude = number.magnitude
        var digits = 1
        var power: UInt64 = 10
        while digits < 19, magnitude >= power {
            digits += 1
            power *= 10
        }
        count += digits
        var place = count
        while digits > 0 {
            place -= 1
            digits -= 1
            unsafe start[place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        }
    }

    /// Writes a string with its quotes, and escapes where JSON asks for one.
    mutating func append(string: String) {
        let bytes = string.utf8.span
        append(UInt8(ascii: "\""))
        var index = 0
        while index + 8 <= bytes.count, reserve(8) {
            let word = bytes.word(at: index)
            unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: word.littleEndian, as: UInt64.self)
            let mark = word.markOfSpecialJSON
            let plain = mark == 0 ? 8 : mark.trailingZeroBitCount / 8
            count += plain
            index += plain
            if plain < 8 {
                append(escaping: bytes.byte(index))
                index += 1
            }
        }
        while index < bytes.count, reserve(1) {
            let byte = bytes.byte(index)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(escaping: byte)
            } else {
                unsafe start[count] = byte
                count += 1
            }
            index += 1
        }
        append(UInt8(ascii: "\""))
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
