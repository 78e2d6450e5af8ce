import CTextKernels

/// A writer of one JSON object into a buffer of fixed size.
///
/// Bytes beyond the buffer are counted, but not written. A comma follows each value. The bracket that closes a
/// container replaces the last comma.
///
/// A method that is too long to be inlined returns a changed copy of the writer. If it changed the writer itself, it
/// would need the address of the writer. `count` would then be in memory, and each write would wait for the previous
/// one.
@safe struct JSONWriter {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    /// Whether the bytes did not fit into the buffer.
    var isOverfull: Bool { count > capacity }

    /// A writer that has written the opening brace. The buffer has at least two bytes.
    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= 2)
        unsafe start = buffer.baseAddress.unsafelyUnwrapped
        capacity = buffer.count
        append(UInt8(ascii: "{"))
    }

    /// Closes the object.
    mutating func finish() {
        if count > 1 { count -= 1 }
        append(UInt8(ascii: "}"))
    }

    /// Closes an inner array or object that is not empty.
    mutating func close(with bracket: UInt8) {
        count -= 1
        append(bracket)
        append(UInt8(ascii: ","))
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if hasRoom(1) { unsafe start[count] = byte }
        count &+= 1
    }

    /// Writes a text that is already JSON, such as a name with its quotes and colon.
    @inline(__always)
    mutating func append(_ text: StaticString) {
        if hasRoom(text.utf8CodeUnitCount) {
            unsafe (start + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        }
        count &+= text.utf8CodeUnitCount
    }

    /// Writes bytes that are already JSON.
    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        if hasRoom(bytes.count) {
            unsafe bytes.withUnsafeBufferPointer { bytes in
                if let source = bytes.baseAddress { unsafe (start + count).update(from: source, count: bytes.count) }
            }
        }
        count &+= bytes.count
    }

    /// Writes a string with its quotes, its escapes and a comma.
    @inline(__always)
    mutating func append(string: String) { self = appending(string: string) }

    /// Writes a number and a comma.
    @inline(__always)
    mutating func append(_ number: Int64) { self = appending(number) }

    @inline(__always)
    private func hasRoom(_ more: Int) -> Bool { count &+ more <= capacity }
}

// MARK: - Strings

extension JSONWriter {
    @inline(never)
    private func appending(string: String) -> JSONWriter {
        let bytes = string.utf8.span
        var result = self
        if hasRoom(bytes.count &+ 3), copyPlain(bytes) {
            unsafe start[count] = UInt8(ascii: "\"")
            unsafe start[count &+ 1 &+ bytes.count] = UInt8(ascii: "\"")
            unsafe start[count &+ 2 &+ bytes.count] = UInt8(ascii: ",")
            result.count &+= bytes.count &+ 3
        } else {
            result.append(UInt8(ascii: "\""))
            for index in 0..<bytes.count { result.append(escaping: bytes.byte(index)) }
            result.append("\",")
        }
        return result
    }

    /// Copies bytes to the position after the opening quote. The caller has checked that they fit. Returns false when a
    /// byte needs an escape or is not ASCII.
    @inline(__always)
    private func copyPlain(_ bytes: Span<UInt8>) -> Bool {
        let target = unsafe start + count + 1
        guard bytes.count >= 8 else {
            for index in 0..<bytes.count {
                guard bytes.byte(index).isPlainInJSON else { return false }
                unsafe target[index] = bytes.byte(index)
            }
            return true
        }
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe json_copy_plain($0.baseAddress.unsafelyUnwrapped, $0.count, target)
        }
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
}

extension UInt8 {
    /// Whether the byte is an ASCII character that a JSON string holds without an escape.
    @inline(__always)
    fileprivate var isPlainInJSON: Bool {
        self >= 0x20 && self < 0x80 && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }
}

// MARK: - Numbers

extension JSONWriter {
    @inline(never)
    private func appending(_ number: Int64) -> JSONWriter {
        var result = self
        // Room for a sign, three words of eight digits, and a comma.
        guard hasRoom(26) else {
            for byte in String(number).utf8 { result.append(byte) }
            result.append(UInt8(ascii: ","))
            return result
        }
        if number < 0 { result.append(UInt8(ascii: "-")) }
        let (upper, lower) = number.magnitude.quotientAndRemainder(dividingBy: 100_000_000)
        switch upper {
        case 0:
            result.append(upToEightDigitsOf: lower)
            result.append(UInt8(ascii: ","))
            return result
        case 10..<100:
            // The dates of the years 2001 to 2286 have ten digits.
            result.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: upper / 10))
            result.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: upper % 10))
        case ..<100_000_000: result.append(upToEightDigitsOf: upper)
        default:
            let (first, middle) = upper.quotientAndRemainder(dividingBy: 100_000_000)
            result.append(upToEightDigitsOf: first)
            result.append(digits: UInt64(digitsOf: middle), count: 8)
        }
        result.append(digits: UInt64(digitsOf: lower), count: 8)
        result.append(UInt8(ascii: ","))
        return result
    }

    /// Writes the digits of a number below 10^8 without leading zeros.
    ///
    /// The number of digits is found by comparisons. The processor predicts their results, so the next write does not
    /// wait until the digits are computed.
    @inline(__always)
    private mutating func append(upToEightDigitsOf number: UInt64) {
        var (digitCount, bound): (Int, UInt64) = (1, 10)
        while number >= bound {
            digitCount &+= 1
            bound &*= 10
        }
        append(digits: UInt64(digitsOf: number) >> UInt64(8 &* (8 &- digitCount)), count: digitCount)
    }

    /// Writes the first `digitCount` digits of a word. It always overwrites eight bytes of the buffer.
    @inline(__always)
    private mutating func append(digits: UInt64, count digitCount: Int) {
        let text = digits | UInt64(repeating: UInt8(ascii: "0"))
        unsafe UnsafeMutableRawPointer(start + count).storeBytes(of: text.littleEndian, as: UInt64.self)
        count &+= digitCount
    }
}
