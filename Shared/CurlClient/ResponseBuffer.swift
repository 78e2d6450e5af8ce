import HTTPTypes

/// Collects the parts of a response that libcurl delivers, and enforces the limits.
struct ResponseBuffer {
    /// The limit for the head of a response, in bytes, including informational responses and trailer fields.
    static let maximumHeadBytes = 64 << 10
    /// The limit for the number of lines of the head.
    static let maximumHeadLines = 256

    private static let usualHeadBytes = 512
    private static let usualFields = 8

    private let maximumBodyBytes: Int
    private let decodesGzip: Bool
    private var framing: BodyFraming
    private var headText: [UInt8] = []
    private(set) var isHeadComplete = false
    private var headBytes = 0
    private var headLines = 0
    private var bodyBytes = 0
    private(set) var body: [UInt8] = []
    /// The limit that the response exceeds, as the end of a sentence; nil when it exceeds none.
    private(set) var excess: String?
    /// Whether the head is not acceptable. The connection must then be closed, because the end of the response is not certain.
    private(set) var isMalformed = false

    init(maximumBodyBytes: Int, decodesGzip: Bool) {
        self.maximumBodyBytes = maximumBodyBytes
        self.decodesGzip = decodesGzip
        framing = BodyFraming(decodesGzip: decodesGzip)
    }

    /// Whether any part of a response has arrived.
    var hasBegun: Bool { headLines > 0 }

    /// Whether the head of the final response has arrived.
    var isFinalHeadComplete: Bool { isHeadComplete && !isInformational }

    /// Whether bytes may follow the response that libcurl has neither read nor noticed. It reads up to 16 KiB at once.
    var mayHaveExcess: Bool { !framing.hasLength(bodyBytes) || headBytes + bodyBytes >= 16 << 10 }

    /// Adds a line of a head, including its line ending. Returns false when the response exceeds a limit or is malformed.
    mutating func receiveHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        headLines += 1
        guard headBytes <= Self.maximumHeadBytes else { return exceed("\(Self.maximumHeadBytes) bytes of head") }
        guard headLines <= Self.maximumHeadLines else { return exceed("\(Self.maximumHeadLines) header fields") }
        if isHeadComplete {
            // Another head follows an informational one; trailer fields follow a final one.
            guard isInformational else { return true }
            headText.removeAll(keepingCapacity: true)
            framing = BodyFraming(decodesGzip: decodesGzip)
            isHeadComplete = false
        }
        if headText.isEmpty { headText.reserveCapacity(Self.usualHeadBytes) }
        if unsafe line.first.map(Self.isSpace) == true, hasField {
            // White space at the start continues the previous field (`obs-fold`, RFC 9112 §5.2).
            while headText.last.map(Self.endsLine) == true { headText.removeLast() }
            headText.append(UInt8(ascii: " "))
            unsafe headText.append(contentsOf: line.drop(while: Self.isSpace))
            guard framing.admitsContinuation else { return reject() }
        } else {
            let start = headText.endIndex
            unsafe headText.append(contentsOf: line)
            guard framing.admits(headText[start...]) else { return reject() }
        }
        isHeadComplete = unsafe line.allSatisfy(Self.endsLine)
        // The client asks for no other protocol.
        return isHeadComplete && status == .switchingProtocols ? reject() : true
    }

    /// Marks the response as malformed. Returns false.
    mutating func reject() -> Bool {
        isMalformed = true
        return false
    }

    /// Adds a part of the body. Returns false when the response exceeds a limit.
    mutating func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard admitsBody(bytes.count) else { return false }
        unsafe body.append(contentsOf: bytes)
        countBody(bytes.count)
        return true
    }

    /// Returns false when a further part of the body exceeds the limit.
    mutating func admitsBody(_ bytes: Int) -> Bool {
        bodyBytes + bytes <= maximumBodyBytes || exceed("\(maximumBodyBytes) bytes of body")
    }

    /// Counts a part of the body, which may be kept elsewhere.
    mutating func countBody(_ bytes: Int) { bodyBytes += bytes }

    /// The status and the fields of a complete final head; nil when it is malformed.
    var head: ResponseStream.Head? {
        guard isHeadComplete, let status, status.kind != .informational, let fields = fields() else { return nil }
        return (status, fields)
    }

    /// The status of the last head; nil when its status line is invalid.
    var status: HTTPResponse.Status? {
        // The line is `HTTP/1.1 200 …`: the code is the second word.
        let words = headText.drop { !Self.endsWord($0) }.drop { $0 == UInt8(ascii: " ") }
        let digits = words.prefix { !Self.endsWord($0) }
        guard digits.count == 3, digits.allSatisfy(ASCIISet.digits.contains) else { return nil }
        let code = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return code >= 100 ? HTTPResponse.Status(code: code) : nil
    }

    private var isInformational: Bool { status?.kind == .informational }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    }

    private static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Whether the last head has a line after its status line.
    private var hasField: Bool { headText.dropLast().contains(UInt8(ascii: "\n")) }

    /// The header fields; nil when a line is not a header field.
    private func fields() -> HTTPFields? {
        var fields = HTTPFields()
        fields.reserveCapacity(Self.usualFields)
        var start = 0
        for end in headText.indices where headText[end] == UInt8(ascii: "\n") {
            let line = start..<end
            start = end + 1
            // The first line is the status line. The last line is empty.
            guard line.lowerBound > 0, !Self.endsLine(headText[line.lowerBound]) else { continue }
            guard let field = field(line) else { return nil }
            fields.append(field)
        }
        return fields
    }

    /// The header field in a line; nil when it is malformed.
    private func field(_ line: Range<Int>) -> HTTPField? {
        var colon = line.lowerBound
        while colon < line.upperBound, headText[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon < line.upperBound,
            let name = HTTPField.Name(String(decoding: headText[line.lowerBound..<colon], as: UTF8.self))
        else { return nil }
        // HTTPField removes white space too, and takes bytes, but both take several times as long.
        var (start, end) = (colon + 1, line.upperBound)
        while start < end, Self.isSpace(headText[start]) { start += 1 }
        while start < end, Self.isSpace(headText[end - 1]) || headText[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let value = headText[start..<end]
        return value.allSatisfy { $0 < 0x80 }
            ? HTTPField(name: name, value: String(decoding: value, as: UTF8.self)) : HTTPField(name: name, value: value)
    }

    private mutating func exceed(_ limit: String) -> Bool {
        excess = limit
        return false
    }
}
