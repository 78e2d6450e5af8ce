import HTTPTypes

/// The method, target and header fields of a request, checked and complete.
struct RequestHead: Sendable {
    /// The limit for the sum of all header fields, in bytes.
    static let maximumFieldBytes = 64 << 10

    let method: HTTPRequest.Method
    let url: String
    let target: Target
    let fields: HTTPFields
    /// Whether the request must be sent at most once.
    let isSentOnce: Bool

    /// Checks a request, and adds the header fields of the configuration.
    init(_ request: HTTPClient.Request, configuration: HTTPClient.Configuration) throws(HTTPClientError) {
        guard request.method != .connect else { throw .invalidRequest("the method CONNECT is not supported") }
        guard request.method != .head || request.body == nil else {
            throw .invalidRequest("a HEAD request has no body")
        }
        method = request.method
        url = request.url
        target = try Target(url: request.url)
        isSentOnce = request.isSentOnce
        var fields = request.headers
        for field in configuration.propagatedHeaders() where !request.headers.contains(field.name) {
            fields.append(field)
        }
        if !fields.contains(.userAgent) { fields[.userAgent] = configuration.userAgent }
        try Self.check(fields)
        self.fields = fields
    }

    /// Whether repeating the request has the same effect as sending it once (RFC 9110 §9.2.2).
    var isIdempotent: Bool { !isSentOnce && Self.idempotentMethods.contains(method) }

    private static let idempotentMethods: [HTTPRequest.Method] = [.get, .head, .options, .put, .delete]

    /// The fields that frame the message or control the connection (RFC 9110 §7.6.1), in lower case.
    private static let reservedNames: Set<String> = [
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private static func check(_ fields: HTTPFields) throws(HTTPClientError) {
        var bytes = 0
        for field in fields {
            guard !reservedNames.contains(field.name.canonicalName) else {
                throw .invalidRequest(
                    "the header field \(field.name.rawName) is set by the client, so a request must not set it")
            }
            // HTTPFields replaces CR, LF and NUL with spaces, but this check does not rely on it.
            let (isValid, count) = unsafe field.withUnsafeBytesOfValue { value in
                (unsafe value.allSatisfy(isFieldByte), value.count)
            }
            guard isValid else {
                throw .invalidRequest("the header field \(field.name.rawName) contains a control character")
            }
            bytes += field.name.rawName.utf8.count + count
        }
        guard bytes <= maximumFieldBytes else {
            throw .invalidRequest("the header fields exceed \(maximumFieldBytes) bytes")
        }
    }

    /// Whether a field value may contain the byte: visible characters, space, tab and `obs-text` (RFC 9110 §5.5).
    private static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
