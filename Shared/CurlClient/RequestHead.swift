import HTTPTypes

/// The method, target and header fields of a request, checked and complete.
final class RequestHead: Sendable {
    /// The limit for the sum of all header fields, in bytes.
    static let maximumFieldBytes = 64 << 10

    let method: HTTPRequest.Method
    let url: String
    let target: Target
    /// The header fields, including those of the configuration.
    let lines: HeaderLines
    /// Whether the request must be sent at most once.
    let isSentOnce: Bool
    /// Whether libcurl asks for gzip and decodes it.
    let acceptsGzip: Bool

    /// Checks a request, and adds the header fields of the configuration.
    init(
        _ request: HTTPClient.Request, of client: HTTPClient, deadline: ContinuousClock.Instant, streamsBody: Bool
    ) throws(HTTPClientError) {
        guard request.method != .connect else { throw .invalidRequest("the method CONNECT is not supported") }
        let hasBody = streamsBody || request.body != nil
        guard request.method != .head || !hasBody else { throw .invalidRequest("a HEAD request has no body") }
        method = request.method
        url = request.url
        target = try Target(url: request.url)
        isSentOnce = request.isSentOnce
        acceptsGzip = request.acceptsGzip
        lines = try Self.lines(request, client, deadline, hasBody: hasBody)
    }

    /// Whether repeating the request has the same effect as sending it once (RFC 9110 §9.2.2).
    var isIdempotent: Bool { !isSentOnce && Self.idempotentMethods.contains(method) }

    /// Whether a request without a body must say so with `Content-Length: 0` (RFC 9110 §8.6).
    var requiresContentLength: Bool { Self.requiresContentLength(method) }

    private static let idempotentMethods: [HTTPRequest.Method] = [.get, .head, .options, .put, .delete]

    private static func requiresContentLength(_ method: HTTPRequest.Method) -> Bool {
        method == .post || method == .put || method == .patch
    }

    /// The fields that frame the message or control the connection (RFC 9110 §7.6.1), in lower case.
    static let reservedNames: Set<String> = [
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private static func lines(
        _ request: HTTPClient.Request, _ client: HTTPClient, _ deadline: ContinuousClock.Instant, hasBody: Bool
    ) throws(HTTPClientError) -> HeaderLines {
        var lines = HeaderLineBuilder()
        var bytes = 0
        for field in request.headers { try add(field, to: &lines, &bytes) }
        let propagated = client.configuration.propagatedHeaders()
        for field in propagated where !request.headers.contains(field.name) { try add(field, to: &lines, &bytes) }
        if let userAgent = client.userAgent, !request.headers.contains(.userAgent), !propagated.contains(.userAgent) {
            try add(userAgent, to: &lines, &bytes)
        }
        if let name = client.configuration.timeoutField, !request.headers.contains(name), !propagated.contains(name) {
            let field = HTTPField(name: name, value: "\((deadline - .now).milliseconds)")
            try add(field, to: &lines, &bytes)
            lines.markNumber(digits: field.value.utf8.count)
        }
        if hasBody || requiresContentLength(request.method) {
            // By default libcurl sends `Expect: 100-continue` before large bodies, and declares every body to be a form.
            lines.suppress(.expect)
            if !request.headers.contains(.contentType), !propagated.contains(.contentType) {
                lines.suppress(.contentType)
            }
        }
        return lines.lines()
    }

    private static func add(
        _ field: HTTPField, to lines: inout HeaderLineBuilder, _ bytes: inout Int
    ) throws(HTTPClientError) {
        guard !reservedNames.contains(field.name.canonicalName) else {
            throw .invalidRequest(
                "the header field \(field.name.rawName) is set by the client, so a request must not set it")
        }
        try unsafe field.withUnsafeBytesOfValue { value throws(HTTPClientError) in
            // HTTPFields replaces CR, LF and NUL with spaces, but this check does not rely on it.
            guard unsafe isFieldValue(value) else {
                throw .invalidRequest("the header field \(field.name.rawName) contains a control character")
            }
            bytes += field.name.rawName.utf8.count + value.count
            guard bytes <= maximumFieldBytes else {
                throw .invalidRequest("the header fields exceed \(maximumFieldBytes) bytes")
            }
            unsafe lines.add(field.name, value: value)
        }
    }

    /// Whether a field value may consist of these bytes. Tokens are long, so it checks 16 bytes at a time.
    private static func isFieldValue(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        typealias Part = SIMD16<UInt8>
        let (space, tab, delete) = (Part(repeating: 0x20), Part(repeating: 0x09), Part(repeating: 0x7F))
        var rest = UnsafeRawBufferPointer(bytes)
        while rest.count >= 16 {
            let part = unsafe rest.loadUnaligned(as: Part.self)
            guard !any((part .< space) .& (part .!= tab) .| (part .== delete)) else { return false }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(16))
        }
        return unsafe rest.allSatisfy(isFieldByte)
    }

    /// Whether a field value may contain the byte: visible characters, space, tab and `obs-text` (RFC 9110 §5.5).
    private static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
