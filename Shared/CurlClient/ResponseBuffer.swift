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
    private var headText: [UInt8] = []
    private(set) var isHeadComplete = false
    private var headBytes = 0
    private var headLines = 0
    private var bodyBytes = 0
    private(set) var body: [UInt8] = []
    /// The limit that the response exceeds, as the end of a sentence; nil when it exceeds none.
    private(set) var excess: String?

    init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

    /// Whether any part of a response has arrived.
    var hasBegun: Bool { headLines > 0 }

    /// Adds a line of a head, including its line ending. Returns false when the response exceeds a limit.
    mutating func receiveHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        headLines += 1
        guard headBytes <= Self.maximumHeadBytes else { return exceed("\(Self.maximumHeadBytes) bytes of head") }
        guard headLines <= Self.maximumHeadLines else { return exceed("\(Self.maximumHeadLines) header fields") }
        if isHeadComplete {
            // Another head follows an informational one; trailer fields follow a final one.
            guard isInformational else { return true }
            headText.removeAll(keepingCapacity: true)
            isHeadComplete = false
        }
        if headText.isEmpty { headText.reserveCapacity(Self.usualHeadBytes) }
        unsafe headText.append(contentsOf: line)
        isHeadComplete = unsafe line.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        return true
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

    /// The header fields; nil when a line is not a header field.
    private func fields() -> HTTPFields? {
        var fields = HTTPFields()
        fields.reserveCapacity(Self.usualFields)
        var name: HTTPField.Name?
        var value: ArraySlice<UInt8> = []
        var rest = headText.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(line.count + 1)
            let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let first = content.first else { continue }
            if first == 0x20 || first == 0x09 {
                // White space at the start continues the previous field (`obs-fold`, RFC 9112 §5.2).
                guard name != nil else { return nil }
                value += [0x20] + content.drop { $0 == 0x20 || $0 == 0x09 }
                continue
            }
            if let name { fields.append(HTTPField(name: name, value: value)) }
            guard let colon = content.firstIndex(of: UInt8(ascii: ":")),
                let next = HTTPField.Name(String(decoding: content[..<colon], as: UTF8.self))
            else { return nil }
            (name, value) = (next, content[(colon + 1)...])
        }
        if let name { fields.append(HTTPField(name: name, value: value)) }
        return fields
    }

    private mutating func exceed(_ limit: String) -> Bool {
        excess = limit
        return false
    }
}
