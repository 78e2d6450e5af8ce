import CCurl
import HTTPTypes

/// One attempt at a request: a libcurl easy handle and what arrives on it.
///
/// It belongs to one thread at a time and is handed over whole: the caller's task fills it in, the client's thread runs
/// it, and when that has resumed the continuation, the caller's task reads it. That is why it is Sendable without a
/// lock.
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
    /// Whether the server can have seen the request in an earlier attempt.
    let wasSentBefore: Bool
    private(set) var easy: EasyHandle
    private var continuation: CheckedContinuation<End, Never>?

    /// What has arrived.
    var response: ResponseBuffer
    /// How often libcurl had a connection and began to send.
    private(set) var sends = 0

    // For the client's thread alone.
    var isCancelled = false
    var isRunning = false
    var originCounts: TransferEngine.OriginCounts?

    /// Makes a transfer ready to run.
    init(
        _ head: RequestHead, body: [UInt8]?, deadline: ContinuousClock.Instant,
        configuration: HTTPClient.Configuration, wasSentBefore: Bool
    ) throws(HTTPClientError) {
        self.head = head
        self.deadline = deadline
        self.wasSentBefore = wasSentBefore
        response = ResponseBuffer(maximumBodyBytes: configuration.maximumResponseBytes)
        guard let easy = EasyHandle() else { throw .noMemory(wasSentBefore) }
        self.easy = easy
        guard setConnection(configuration), setRequest(body), self.easy.setReceiver(self) else {
            throw .noMemory(wasSentBefore)
        }
    }

    /// Takes the continuation that the end of this attempt resumes.
    func begin(_ continuation: CheckedContinuation<End, Never>) { self.continuation = continuation }

    /// Hands the transfer back to the caller's task.
    func end(_ end: End) { continuation.take()?.resume(returning: end) }

    /// Counts what libcurl sends, and says whether it may.
    func mayBeginSending() -> Bool {
        sends += 1
        // libcurl sends again by itself when a reused connection breaks before a response. Whether the server had
        // seen the request by then, nobody knows.
        return sends == 1 || head.isIdempotent
    }

    private func setConnection(_ configuration: HTTPClient.Configuration) -> Bool {
        easy.set(CURLOPT_URL, head.url)
            && easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
            && easy.set(CURLOPT_PROXY, "")
            && easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
            && easy.set(CURLOPT_NOSIGNAL, 1)
            // Callers sign the path: it leaves as it was given.
            && easy.set(CURLOPT_PATH_AS_IS, 1)
            // Otherwise libcurl blocks when it gives up a transfer whose host name is being resolved.
            && easy.set(CURLOPT_QUICK_EXIT, 1)
            && easy.set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
            && easy.set(CURLOPT_MAXAGE_CONN, max(0, Int(configuration.idleLifetime.components.seconds)))
    }

    private func setRequest(_ body: [UInt8]?) -> Bool {
        for field in head.fields where !easy.addHeaderLine(Self.line(field)) { return false }
        switch (head.method, body) {
        case (.get, nil): return true
        case (.head, _): return easy.set(CURLOPT_NOBODY, 1)
        // RFC 9110 section 8.6: where the method expects a body, its absence is said.
        case (.post, nil), (.put, nil), (.patch, nil): return setBody([])
        case (_, nil): return easy.set(CURLOPT_CUSTOMREQUEST, head.method.rawValue)
        case (_, let body?): return setBody(body)
        }
    }

    private func setBody(_ body: [UInt8]) -> Bool {
        // libcurl would announce large bodies and wait for leave, and call every body a form.
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
