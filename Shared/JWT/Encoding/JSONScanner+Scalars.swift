import CTextKernels

/// Strings, numbers, literals and white space.
extension JSONScanner {
    @inline(__always)
    func peek(_ bytes: Span<UInt8>) -> UInt8 {
        position < bytes.count ? bytes.byte(position) : 0
    }

    @inline(__always)
    mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes.byte(position) == byte else { return false }
        position += 1
        return true
    }

    @inline(__always)
    mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while position < bytes.count, bytes.byte(position) <= 0x20 {
            switch bytes.byte(position) {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    mutating func literal(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        var matches = true
        word.withUTF8Buffer { word in
            for index in 0..<word.count {
                if unsafe position + index >= bytes.count || bytes[position + index] != word[index] { matches = false }
            }
        }
        guard matches else { throw .malformed }
        position += word.utf8CodeUnitCount
    }

    /// Takes a string whose opening quote is already taken.
    @inline(__always)
    mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> JSONSlice {
        let start = position
        while position + 16 <= bytes.count {
            let plain = bytes.plainBytes(at: position)
            // Without this branch, `position` would be a sum with `plain`, and each pass would wait for the result of
            // the previous one.
            if plain == 16 {
                position &+= 16
                continue
            }
            position &+= plain
            guard bytes.byte(position) == UInt8(ascii: "\"") else { break }
            position &+= 1
            return JSONSlice(start, position &- 1, .string)
        }
        return try outOfLine { scanner throws(JSONError) in try scanner.restOfString(bytes, from: start) }
    }

    /// Runs rarely needed code on a copy of the scanner.
    ///
    /// The address of this scanner is then never passed on, so its position stays in a register. No other optimization
    /// of the scanner saves as much time.
    @inline(__always)
    mutating func outOfLine(
        _ body: (inout JSONScanner) throws(JSONError) -> JSONSlice
    ) throws(JSONError) -> JSONSlice {
        var copy = self
        let slice = try body(&copy)
        self = copy
        return slice
    }

    /// Takes the rest of a string: near the end of the text, or from the first escape or non-ASCII character on. It
    /// reads eight bytes at a time, and then single bytes.
    private mutating func restOfString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> JSONSlice {
        var kind = JSONSlice.Kind.string
        while position + 8 <= bytes.count {
            let word = Int64(bitPattern: bytes.word(at: position))
            let plain = Int(json_plain_bytes(text_block(word, word)))
            position += min(plain, 8)
            if plain < 8 { break }
        }
        while position < bytes.count {
            switch bytes.byte(position) {
            case UInt8(ascii: "\""):
                position += 1
                return JSONSlice(start, position - 1, kind)
            case UInt8(ascii: "\\"):
                kind = .escapedString
                try escape(bytes)
            case 0..<0x20: throw .malformed
            case 0..<0x80: position += 1
            default: try multibyteCharacter(bytes)
            }
        }
        throw .malformed
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        guard position + 1 < bytes.count else { throw .malformed }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            guard let first = bytes.hexadecimal(at: position + 2) else { throw .malformed }
            position += 6
            guard first & 0xF800 == 0xD800 else { return }
            guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u"), let second = bytes.hexadecimal(at: position + 2),
                second & 0xFC00 == 0xDC00
            else { throw .malformed }
            position += 6
        default: throw .malformed
        }
    }

    /// Takes a character of two to four bytes, by the table of well-formed sequences (Unicode 16, table 3-7).
    private mutating func multibyteCharacter(_ bytes: Span<UInt8>) throws(JSONError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw .malformed
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { throw .malformed }
        for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 { throw .malformed }
        position += length
    }

    @inline(__always)
    mutating func number(_ bytes: Span<UInt8>) throws(JSONError) {
        _ = take(UInt8(ascii: "-"), bytes)
        if !take(UInt8(ascii: "0"), bytes) { try digits(bytes) }
        if position < bytes.count,
            bytes.byte(position) == UInt8(ascii: ".") || bytes.byte(position) | 0x20 == UInt8(ascii: "e")
        {
            try fractionAndExponent(bytes)
        }
    }

    private mutating func fractionAndExponent(_ bytes: Span<UInt8>) throws(JSONError) {
        if take(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            try digits(bytes)
        }
    }

    @inline(__always)
    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        if position + 8 <= bytes.count, bytes.word(at: position).isAllDigits { position += 8 }
        while position < bytes.count, bytes.byte(position) &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw .malformed }
    }
}
