import CTextKernels

/// Base64url without padding (RFC 7515 section 2, RFC 4648 section 5). Decoding is strict (RFC 4648 section 3.5).
public enum Base64URL {
    /// Encodes bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        let count = encodedCount(bytes.count)
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, into: text) }
            return count
        }
    }

    /// Decodes a text; nil when it is not strict. A strict text has no character outside of the alphabet, such as
    /// padding or white space. It has a length that an encoder can write, and no bits set after the last byte.
    public static func decode(_ text: String) -> [UInt8]? {
        decode(text.utf8.span)
    }

    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        var isValid = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: decodedCount(text.count)) { output, count in
            isValid = unsafe text.withUnsafeBufferPointer { unsafe decode($0, into: output) }
            count = decodedCount(text.count)
        }
        return isValid ? bytes : nil
    }

    /// Decodes `text` into `bytes` and returns their number; nil when they do not fit, or `text` is not strict base64url.
    static func decode(_ text: Span<UInt8>, into bytes: inout InlineArray<64, UInt8>) -> Int? {
        let count = decodedCount(text.count)
        guard count <= bytes.count else { return nil }
        var output = bytes.mutableSpan
        return unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe text.withUnsafeBufferPointer { unsafe decode($0, into: output) } ? count : nil
        }
    }

    /// Calls `body` with the decoded bytes; nil when `text` is not strict base64url. A small number of bytes is on the
    /// stack.
    @inline(__always)
    static func withDecoded<Result>(
        _ text: Span<UInt8>, _ body: (Span<UInt8>) throws(JWTError) -> Result
    ) throws(JWTError) -> Result? {
        try unsafe withUnsafeTemporaryAllocation(
            of: UInt8.self, capacity: decodedCount(text.count)
        ) { buffer throws(JWTError) -> Result? in
            guard unsafe text.withUnsafeBufferPointer({ unsafe decode($0, into: buffer) }) else { return nil }
            return try unsafe body(UnsafeBufferPointer(buffer).span)
        }
    }

    /// Whether `text` is strict base64url.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        guard text.count % 4 != 1 else { return false }
        var seen: UInt32 = 0
        for index in 0..<text.count { seen |= unsafe Tables.values[Int(text[index])] }
        let last = text.isEmpty ? 0 : unsafe Tables.values[Int(text[text.count - 1])]
        let unused: UInt32 = [0, 0, 0x0F, 0x03][text.count % 4]
        return seen & Tables.invalid == 0 && last & unused == 0
    }

    /// The length of the text for `byteCount` bytes.
    static func encodedCount(_ byteCount: Int) -> Int { (byteCount * 4 + 2) / 3 }

    /// The number of bytes that a text of `count` characters encodes.
    static func decodedCount(_ count: Int) -> Int { count * 3 / 4 }
}

// MARK: - The loops

extension Base64URL {
    /// Writes `encodedCount(bytes.count)` characters. Each lookup in the table gives two of them.
    @unsafe static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>) {
        guard let input = bytes.baseAddress, let output = text.baseAddress else { return }
        let pairs = unsafe Tables.pairs
        var from = unsafe base64url_encode_blocks(input, bytes.count, output)
        var to = from / 3 * 4
        let raw = UnsafeMutableRawPointer(output)
        // Each pass reads six bytes, as the upper part of a word.
        while from + 8 <= bytes.count {
            let word = unsafe UInt64(
                bigEndian: UnsafeRawPointer(input).loadUnaligned(fromByteOffset: from, as: UInt64.self))
            let eight =
                unsafe UInt64(pairs[Int(word >> 52)]) | UInt64(pairs[Int(word >> 40 & 0xFFF)]) << 16
                | UInt64(pairs[Int(word >> 28 & 0xFFF)]) << 32 | UInt64(pairs[Int(word >> 16 & 0xFFF)]) << 48
            unsafe raw.storeBytes(of: eight.littleEndian, toByteOffset: to, as: UInt64.self)
            from += 6
            to += 8
        }
        while from + 3 <= bytes.count {
            let group = unsafe Int(input[from]) << 16 | Int(input[from + 1]) << 8 | Int(input[from + 2])
            let four = unsafe UInt32(pairs[group >> 12]) | UInt32(pairs[group & 0xFFF]) << 16
            unsafe raw.storeBytes(of: four.littleEndian, toByteOffset: to, as: UInt32.self)
            from += 3
            to += 4
        }
        let left = bytes.count - from
        guard left > 0 else { return }
        let group = unsafe Int(input[from]) << 16 | (left > 1 ? Int(input[from + 1]) << 8 : 0)
        unsafe raw.storeBytes(of: pairs[group >> 12].littleEndian, toByteOffset: to, as: UInt16.self)
        if left > 1 { unsafe output[to + 2] = UInt8(truncatingIfNeeded: pairs[group & 0xFFF]) }
    }

    /// Writes `decodedCount(text.count)` bytes. Returns false when the text is not strict.
    ///
    /// There is a table for each of the four positions in a group, with the six bits of a character already shifted. A group
    /// takes four lookups and no shifts.
    @unsafe static func decode(
        _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        guard text.count % 4 != 1 else { return false }
        guard let input = text.baseAddress, let output = bytes.baseAddress else { return text.isEmpty }
        let positions = unsafe Tables.positions
        var seen: UInt32 = 0
        var from = unsafe base64url_decode_blocks(input, text.count, output)
        var to = from / 4 * 3
        let raw = UnsafeMutableRawPointer(output)
        // Each pass decodes eight characters. The next loop decodes the last group, because a store of four bytes would
        // write beyond the end of the buffer.
        while from + 12 <= text.count {
            let first = unsafe group(UnsafeRawPointer(input + from), positions)
            let second = unsafe group(UnsafeRawPointer(input + from + 4), positions)
            seen |= first | second
            unsafe raw.storeBytes(of: first.littleEndian, toByteOffset: to, as: UInt32.self)
            unsafe raw.storeBytes(of: second.littleEndian, toByteOffset: to + 3, as: UInt32.self)
            from += 8
            to += 6
        }
        while from + 4 <= text.count {
            let group = unsafe group(UnsafeRawPointer(input + from), positions)
            seen |= group
            unsafe output[to] = UInt8(truncatingIfNeeded: group)
            unsafe output[to + 1] = UInt8(truncatingIfNeeded: group >> 8)
            unsafe output[to + 2] = UInt8(truncatingIfNeeded: group >> 16)
            from += 4
            to += 3
        }
        let left = text.count - from
        guard left > 0 else { return seen & Tables.invalid == 0 }
        var group = unsafe positions[Int(input[from])] | positions[256 + Int(input[from + 1])]
        if left == 3 { unsafe group |= positions[512 + Int(input[from + 2])] }
        unsafe output[to] = UInt8(truncatingIfNeeded: group)
        if left == 3 { unsafe output[to + 1] = UInt8(truncatingIfNeeded: group >> 8) }
        // The bits after the last byte must be zero.
        let unused: UInt32 = left == 3 ? 0xFF_0000 : 0xFFFF00
        return (seen | group) & Tables.invalid == 0 && group & unused == 0
    }

    /// The bits of four characters, which are read as one word.
    @inline(__always)
    @unsafe private static func group(_ text: UnsafeRawPointer, _ positions: UnsafePointer<UInt32>) -> UInt32 {
        let word = unsafe text.loadUnaligned(as: UInt32.self).littleEndian
        let rest = word >> 16
        return unsafe positions[Int(word & 0xFF)] | positions[256 + Int(word >> 8 & 0xFF)]
            | positions[512 + Int(rest & 0xFF)]
            | positions[768 + Int(rest >> 8)]
    }

    private enum Tables {
        /// The entry of every character outside of the alphabet has this bit set.
        static let invalid: UInt32 = 0x8000_0000
        static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

        /// The two characters for each value of twelve bits, in memory order.
        nonisolated(unsafe) static let pairs = unsafe UnsafePointer(
            filled(4096) { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 })

        /// The value of each character.
        nonisolated(unsafe) static let values = unsafe UnsafePointer(
            filled(256) { character in
                alphabet.firstIndex { Int($0) == character }.map { UInt32($0) } ?? invalid
            })

        /// The three bytes, in memory order, of each character at each of the four positions in a group.
        nonisolated(unsafe) static let positions = unsafe UnsafePointer(
            filled(4 * 256) { index in
                let value = unsafe values[index % 256]
                let group = value << UInt32(18 - 6 * (index / 256))
                return value == invalid ? invalid : group >> 16 | group & 0xFF00 | (group & 0xFF) << 16
            })

        private static func filled<Entry>(_ count: Int, _ entry: (Int) -> Entry) -> UnsafeMutablePointer<Entry> {
            let table = UnsafeMutablePointer<Entry>.allocate(capacity: count)
            for index in 0..<count { unsafe (table + index).initialize(to: entry(index)) }
            return unsafe table
        }
    }
}
