import CCurl
import HTTPTypes

/// One attempt at a request: a libcurl easy handle and the response that arrives on it.
///
/// It is `Sendable` without a lock because only one thread uses it at a time. The caller's task creates it, the
/// client's thread runs it, and the caller's task reads it after the client's thread has resumed the continuation.
final class Transfer: @unchecked Sendable {
    /// How an attempt ended.
    enum End: Sendable {
        case finished(CURLcode)
        case cancelled
        case timedOut
        case shutDown
    }

    let head: RequestHead
    let deadline: ContinuousClock.Instant
    /// Whether the server may have received the request in an earlier attempt.
    let wasSentBefore: Bool
    private(set) var easy: EasyHandle
    private var continuation: CheckedContinuation<End, Never>?

    /// The part of the response that has arrived.
    var response: ResponseBuffer
    /// How often libcurl had a connection and started to send.
    private(set) var sends = 0

    // Only the client's thread writes these three properties.
    var isCancelled = false
    var isRunning = false
    var originCounts: TransferEngine.OriginCounts?

    /// Creates a transfer that is ready to run.
    init(
        _ head: RequestHead, body: [UInt8]?, deadline: ContinuousClock.Instant,
        configuration: HTTPClient.Configuration, wasSentBefore: Bool
    ) throws(HTTPClientError) {
        self.head = head
        self.deadline = deadline
        self.wasSentBefore = wasSentBefore
        response = ResponseBuffer(maximumBodyBytes: configuration.maximumResponseBytes)
        guard let easy = EasyHandle() else { throw .noMemory(requestMayHaveBeenSent: wasSentBefore) }
        self.easy = easy
        guard setConnection(configuration), setRequest(body), self.easy.setReceiver(self) else {
            throw .noMemory(requestMayHaveBeenSent: wasSentBefore)
        }
    }

    /// Stores the continuation that `end` resumes.
    func begin(_ continuation: CheckedContinuation<End, Never>) { self.continuation = continuation }

    /// Returns the transfer to the caller's task.
    func end(_ end: End) { continuation.take()?.resume(returning: end) }

    /// Counts the starts of sending. Returns false when libcurl must not send.
    func mayBeginSending() -> Bool {
        sends += 1
        // libcurl repeats a request on its own when a reused connection closes before the response. The server may
        // have received the first copy.
        return sends == 1 || head.isIdempotent
    }

    private func setConnection(_ configuration: HTTPClient.Configuration) -> Bool {
        easy.set(CURLOPT_URL, head.url)
            && easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
            && easy.set(CURLOPT_PROXY, "")
            && easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
            && easy.set(CURLOPT_NOSIGNAL, 1)
            // Callers sign the path, so it must not change.
            && easy.set(CURLOPT_PATH_AS_IS, 1)
            // Without this option, libcurl blocks when a transfer ends during the resolution of its host name.
            && easy.set(CURLOPT_QUICK_EXIT, 1)
            // libcurl repeats a request when a reused connection turns out to be closed.
            && easy.set(CURLOPT_FRESH_CONNECT, head.isSentOnce ? 1 : 0)
            && easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
            && easy.set(CURLOPT_MAXAGE_CONN, max(0, Int(configuration.idleLifetime.components.seconds)))
    }

    private func setRequest(_ body: [UInt8]?) -> Bool {
        for field in head.fields where !easy.addHeaderLine(Self.line(field)) { return false }
        switch (head.method, body) {
        case (.get, nil): return true
        case (.head, _): return easy.set(CURLOPT_NOBODY, 1)
        // RFC 9110 §8.6: methods that expect a body send Content-Length: 0 without one.
        case (.post, nil), (.put, nil), (.patch, nil): return setBody([])
        case (_, nil): return easy.set(CURLOPT_CUSTOMREQUEST, head.method.rawValue)
        case (_, let body?): return setBody(body)
        }
    }

    private func setBody(_ body: [UInt8]) -> Bool {
        // By default libcurl sends `Expect: 100-continue` before large bodies, and declares every body to be a form.
        easy.addHeaderLine(Array("Expect:".utf8))
            && (head.fields.contains(.contentType) || easy.addHeaderLine(Array("Content-Type:".utf8)))
            && easy.setBody(body)
            && easy.set(CURLOPT_CUSTOMREQUEST, head.method.rawValue)
    }

    private static func line(_ field: HTTPField) -> [UInt8] {
        let value = unsafe field.withUnsafeBytesOfValue { unsafe Array($0) }
        return Array(field.name.rawName.utf8) + (value.isEmpty ? Array(";".utf8) : Array(": ".utf8) + value)
    }
}
