/// What the head of a response says about the length and the coding of its body (RFC 9112 §6).
///
/// libcurl is lenient: it takes the digits at the start of a length, and the last one of several lengths. Another reader of the
/// same bytes would see another end of the body, and take its rest for the next response.
struct BodyFraming {
    /// Whether the client decodes the body, so the only content coding that it accepts is gzip.
    private let decodesGzip: Bool
    private var length: Int?
    private var isChunked = false
    private var isCoded = false
    /// Whether the last line was one of these fields.
    private var endsWithValue = false

    init(decodesGzip: Bool) { self.decodesGzip = decodesGzip }

    /// Whether the body has a length, which libcurl reads without anything that may follow it.
    func hasLength(_ bytes: Int) -> Bool { length == bytes && bytes > 0 }

    /// Whether the last line may go on in the next one (`obs-fold`).
    var admitsContinuation: Bool { !endsWithValue }

    /// Reads a line. Returns false when the body has no certain end, or a coding that the client did not ask for.
    mutating func admits(_ line: ArraySlice<UInt8>) -> Bool {
        endsWithValue = true
        if let value = Self.value("content-length", line) { return admitsLength(value) }
        if let value = Self.value("transfer-encoding", line) { return admitsTransferCoding(value) }
        if decodesGzip, let value = Self.value("content-encoding", line) { return admitsContentCodings(value) }
        endsWithValue = false
        return true
    }

    /// The length must be the same in all lines, and no body has both a length and chunks.
    private mutating func admitsLength(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.allSatisfy(ASCIISet.digits.contains), let value = Int(text), !isChunked else {
            return false
        }
        defer { length = value }
        return length == nil || length == value
    }

    /// The client sends no `TE`, so a server may use chunks and nothing else.
    private mutating func admitsTransferCoding(_ text: String) -> Bool {
        defer { isChunked = true }
        return text.lowercased() == "chunked" && !isChunked && length == nil
    }

    /// Reads a list of codings. `identity` means no coding, and elements may be empty (RFC 9110 §8.4.1, §5.6.1).
    private mutating func admitsContentCodings(_ text: String) -> Bool {
        for coding in Array(text.utf8).split(separator: UInt8(ascii: ",")) {
            switch String(decoding: Self.trimmed(coding), as: UTF8.self).lowercased() {
            case "", "identity": continue
            case "gzip", "x-gzip":
                guard !exchange(&isCoded, with: true) else { return false }
            default: return false
            }
        }
        return true
    }

    /// The value of a field; nil when the line is another field. `name` is in lower case. White space before the colon is part of
    /// the value, which is invalid then (RFC 9112 §5.1).
    private static func value(_ name: StaticString, _ line: ArraySlice<UInt8>) -> String? {
        let count = name.utf8CodeUnitCount
        guard line.count > count else { return nil }
        for index in 0..<count {
            let byte = line[line.startIndex + index]
            let isLetter = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
            guard unsafe (isLetter ? byte | 0x20 : byte) == name.utf8Start[index] else { return nil }
        }
        let rest = line.dropFirst(count)
        guard rest.first != UInt8(ascii: ":") else { return String(decoding: trimmed(rest.dropFirst()), as: UTF8.self) }
        return rest.first.map(isSpace) == true ? String(decoding: trimmed(rest), as: UTF8.self) : nil
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }
}
