import CCurl
import Synchronization

/// One attempt at a request, and the response that arrives.
///
/// It is `Sendable` without a lock because only one thread uses it at a time. The caller's task creates it, the thread that
/// has locked the engine runs it, and the caller's task reads it after it has ended.
@safe final class Transfer: @unchecked Sendable {
    /// How an attempt ended.
    enum End: Sendable {
        /// libcurl ended it. `systemError` is the `errno` of the last failed system call, or 0.
        case finished(CURLcode, systemError: CInt)
        case cancelled
        case timedOut
        case shutDown
    }

    let head: RequestHead
    let body: [UInt8]?
    let deadline: ContinuousClock.Instant
    /// Whether the server may have received the request in an earlier attempt.
    let wasSentBefore: Bool

    /// The part of the response that has arrived.
    var response: ResponseBuffer
    /// Where the body comes from, instead of `body`.
    var upload: RequestStream?
    /// Where the body of the response goes, instead of into `response`.
    var download: ResponseStream?
    /// The circuit breaker that must know when the head of a download has arrived, which may be long before its end.
    var circuit: (health: OriginHealth, admission: CircuitBreaker.Admission)?
    /// How often libcurl had a connection and started to send.
    private(set) var sends = 0
    /// The port of the connection at this machine, 0 for a unix socket; nil before `sends` is positive.
    private(set) var localPort: CInt?
    private var continuation: UnsafeContinuation<Void, Never>?
    /// How the attempt ended; `shutDown` before its end. Its lock orders the work of the engine before that of the caller's
    /// task. The continuation does so too, but ThreadSanitizer does not see it when the continuation is resumed early.
    private let lastEnd = Mutex(End.shutDown)

    // Only the engine writes these properties.
    var isCancelled = false
    var origin: TransferEngine.OriginState?
    /// The position in the engine's list of transfers; nil when the transfer is not in it.
    var index: Int?
    /// The handle that runs the transfer; nil while it waits for a connection, and after its end.
    var easy: EasyHandle?
    /// Whether the transfer opened a connection.
    var hasConnected = false
    /// The number of responses from the server before the transfer was started.
    var earlierResponses = 0
    /// Whether the transfer got a handle.
    var wasStarted = false
    /// Whether libcurl waits until `upload` has bytes or `download` has space.
    var isPaused = false

    /// Creates a transfer that is ready to run.
    init(
        _ head: RequestHead, body: [UInt8]?, deadline: ContinuousClock.Instant, maximumResponseBytes: Int,
        wasSentBefore: Bool
    ) {
        self.head = head
        self.body = body ?? (head.requiresContentLength ? [] : nil)
        self.deadline = deadline
        self.wasSentBefore = wasSentBefore
        response = ResponseBuffer(maximumBodyBytes: maximumResponseBytes, decodesGzip: head.acceptsGzip)
    }

    /// Stores the continuation that `resume` resumes.
    func begin(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = unsafe continuation }

    /// Returns the transfer to the caller's task.
    func resume(_ end: End) {
        lastEnd.withLock { $0 = end }
        unsafe continuation.take()?.resume()
    }

    /// How the attempt ended. Only the caller's task asks, after it was resumed.
    var end: End { lastEnd.withLock { $0 } }

    /// Takes a line of a head. Returns false when libcurl must end the transfer.
    func receiveHeadLine(_ line: UnsafeRawBufferPointer) -> Bool {
        guard unsafe response.receiveHeadLine(line) else { return false }
        guard let download, response.isFinalHeadComplete else { return true }
        guard let head = response.head else { return response.reject() }
        download.begin(head)
        if let circuit { circuit.health.beginResponse(circuit.admission) }
        return true
    }

    /// Takes a part of the body. Returns the number of bytes that were taken, as libcurl expects it.
    func receiveBody(_ part: UnsafeRawBufferPointer) -> Int {
        guard let download else { return unsafe response.receiveBody(part) ? part.count : 0 }
        guard response.admitsBody(part.count) else { return 0 }
        isPaused = unsafe !download.receive(part, of: self)
        guard !isPaused else { return Int(CURL_WRITEFUNC_PAUSE) }
        response.countBody(part.count)
        return part.count
    }

    /// Copies bytes of the body. Returns their number, as libcurl expects it.
    func sendBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch unsafe upload?.read(into: buffer, of: self) {
        case .bytes(let count): return count
        case .nothingYet:
            isPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .failure, nil: return Int(CURL_READFUNC_ABORT)
        }
    }

    /// Counts the starts of sending. `port` is that of the connection at this machine. Returns false when libcurl must not
    /// send.
    func mayBeginSending(fromPort port: CInt) -> Bool {
        // The request may have waited for its connection since its header fields were made.
        head.lines.setNumber(max(1, (deadline - .now).milliseconds))
        sends += 1
        localPort = port
        // libcurl repeats a request on its own when a reused connection closes before the response. The server may
        // have received the first copy.
        return sends == 1 || head.isIdempotent && upload == nil
    }
}
