import HTTPTypes
import Hummingbird
import NIOCore

/// A response while it is sent: the bytes of its head, and how its body is framed (RFC 9112 §6).
///
/// The bytes stay together until they are sent, so a short response takes one system call.
struct OutgoingResponse {
    /// Larger parts of the body are sent without a copy.
    private static let maximumCopiedBytes = 16 << 10
    /// The space for a head without a body.
    private static let headBytes = 512

    /// What is left of the body that is sent with the head; nil if its parts are sent one by one.
    private var wholeBodyBytes: Int?
    private var isChunked = false
    private var hasContent = false
    private var unsent: [ByteBuffer] = []

    /// The bytes to send next.
    mutating func takeUnsent() -> [ByteBuffer] {
        defer { unsent = [] }
        return unsent
    }

    /// Begins the response to a request.
    ///
    /// - Parameters:
    ///   - date: The value of the field `Date`.
    ///   - isLast: Whether the connection is closed after the response.
    mutating func begin(_ response: Response, to request: OpenRequest, date: String, isLast: Bool) {
        let mayHaveContent = ![.noContent, .notModified].contains(response.status)
        hasContent = mayHaveContent && !request.isHead
        let bodyBytes = response.body.contentLength
        wholeBodyBytes = bodyBytes
        // A response to HEAD says how long the content of the response to GET would be.
        let length = request.isHead ? response.headers[.contentLength] : bodyBytes.map { "\($0)" }
        isChunked = mayHaveContent && length == nil && request.allowsChunks
        var head = ByteBuffer()
        head.reserveCapacity(Self.headBytes + (hasContent ? min(bodyBytes ?? 0, Self.maximumCopiedBytes) : 0))
        head.writeStatusLine(response.status.code, response.status.reasonPhrase)
        for field in response.headers where !Self.framingFields.contains(field.name) {
            head.writeField(field.name.rawName, field.value)
        }
        head.writeField("Date", date)
        if let length, mayHaveContent { head.writeField("Content-Length", length) }
        if isChunked { head.writeField("Transfer-Encoding", "chunked") }
        if isLast { head.writeField("Connection", "close") }
        head.writeString("\r\n")
        unsent = [head]
    }

    /// The fields that this type writes itself.
    private static let framingFields: [HTTPField.Name] = [.contentLength, .transferEncoding, .connection, .date]

    /// Adds a part of the body. Returns whether to send it now.
    mutating func append(_ bytes: ByteBuffer) -> Bool {
        guard hasContent, bytes.readableBytes > 0 else { return false }
        if isChunked { add(ByteBuffer(string: "\(String(bytes.readableBytes, radix: 16))\r\n")) }
        add(bytes)
        if isChunked { add(ByteBuffer(string: "\r\n")) }
        return bytes.readableBytes != wholeBodyBytes
    }

    /// Ends the body.
    mutating func end(_ trailers: HTTPFields?) {
        guard isChunked, hasContent else { return }
        var end = ByteBuffer(string: "0\r\n")
        for field in trailers ?? [:] { end.writeField(field.name.rawName, field.value) }
        end.writeString("\r\n")
        add(end)
    }

    private mutating func add(_ bytes: ByteBuffer) {
        guard !unsent.isEmpty, bytes.readableBytes <= Self.maximumCopiedBytes else { return unsent.append(bytes) }
        unsent[unsent.count - 1].writeImmutableBuffer(bytes)
    }
}

extension ByteBuffer {
    /// Writes a status line (RFC 9112 §4).
    mutating func writeStatusLine(_ code: Int, _ reasonPhrase: String) {
        writeString("HTTP/1.1 \(code) \(reasonPhrase)\r\n")
    }

    /// Writes a line with a header field (RFC 9112 §5).
    mutating func writeField(_ name: String, _ value: String) {
        writeString(name)
        writeString(": ")
        writeString(value)
        writeString("\r\n")
    }
}

/// Sends the body of a response part by part, no faster than the client reads it.
struct ResponseSender: ResponseBodyWriter {
    let connection: ConnectionGuard
    let request: OpenRequest

    func write(_ buffer: ByteBuffer) async throws {
        try await connection.send(buffer, of: request)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try connection.endResponse(to: request, trailers: trailingHeaders)
    }
}
