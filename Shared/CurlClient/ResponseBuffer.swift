import HTTPTypes

/// Collects a response as libcurl delivers it, within its limits.
struct ResponseBuffer {
    /// Largest head of a response, in bytes; informational responses and trailer fields count too.
    static let maximumHeadBytes = 64 << 10
    /// Most lines in it.
    static let maximumHeadLines = 256

    private let maximumBodyBytes: Int
    private var head: [UInt8] = []
    private(set) var isHeadComplete = false
    private var headBytes = 0
    private var headLines = 0
    private(set) var body: [UInt8] = []
    /// The limit that was passed, as the end of a sentence.
    private(set) var excess: String?

    init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

    /// Whether anything of a response has arrived.
    var hasBegun: Bool { headLines > 0 }

    /// Takes one line of a head, with its line ending. Returns false when the response must be given up.
    mutating func takeHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        headLines += 1
        guard headBytes <= Self.maximumHeadBytes else { return exceed("\(Self.maximumHeadBytes) bytes of head") }
        guard headLines <= Self.maximumHeadLines else { return exceed("\(Self.maximumHeadLines) header fields") }
        if isHeadComplete {
            // After an informational head comes another one; what comes after a final one are trailer fields.
            guard isInformational else { return true }
            head.removeAll(keepingCapacity: true)
            isHeadComplete = false
        }
        unsafe head.append(contentsOf: line)
        isHeadComplete = unsafe line.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        return true
    }

    /// Takes a part of the body. Returns false when the response must be given up.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= maximumBodyBytes else { return exceed("\(maximumBodyBytes) bytes of body") }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    /// The status of the last head, or `nil` where there is none.
    var status: HTTPResponse.Status? {
        // "HTTP/1.1 200 …"
        let digits = head.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }.split(separator: 0x20)
            .dropFirst().first
        guard let digits, digits.count == 3, let code = Int(String(decoding: digits, as: UTF8.self)), code >= 100 else {
            return nil
        }
        return HTTPResponse.Status(code: code)
    }

    private var isInformational: Bool { status?.kind == .informational }

    /// The header fields, or `nil` where a line is not one.
    func fields() -> HTTPFields? {
        var fields: [(name: HTTPField.Name, value: [UInt8])] = []
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let first = content.first else { continue }
            if first == 0x20 || first == 0x09 {
                // obs-fold: RFC 9112 section 5.2.
                guard !fields.isEmpty else { return nil }
                fields[fields.count - 1].value += [0x20] + content.drop { $0 == 0x20 || $0 == 0x09 }
                continue
            }
            guard let colon = content.firstIndex(of: UInt8(ascii: ":")),
                let name = HTTPField.Name(String(decoding: content[..<colon], as: UTF8.self))
            else { return nil }
            fields.append((name, Array(content[(colon + 1)...])))
        }
        return HTTPFields(fields.map { HTTPField(name: $0.name, value: $0.value) })
    }

    private mutating func exceed(_ limit: String) -> Bool {
        excess = limit
        return false
    }
}
