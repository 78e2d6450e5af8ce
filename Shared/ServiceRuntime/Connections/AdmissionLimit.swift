import Metrics
import NIOCore
import Synchronization

/// Decides which requests of the connections of one event loop are handled.
///
/// An overloaded event loop would make all requests wait longer and longer. So it rejects some of them early, which takes little
/// time, and serves the others in time. Three measures show an overload:
///
/// - How long a request waits until it begins.
/// - How long reads of the database wait.
/// - The requests in flight. The service works on them, and their response has not begun. So a client that sends or reads
///   slowly holds no part of the limit.
final class AdmissionLimit {
    /// The requests of the event loop that are handled now.
    var requestsInFlight = 0

    /// The executor of the requests.
    let executor: EventLoopExecutor
    private let limits: ConnectionLimits
    private let readDelay: @Sendable () -> Duration

    private let delays = Timer(label: "http.event_loop.delay")
    private let queueTimeRejections = AdmissionLimit.counter("queue_time")
    private let inFlightRejections = AdmissionLimit.counter("requests_in_flight")

    private static func counter(_ reason: String) -> Counter {
        Counter(label: "http_requests_rejected", dimensions: [("reason", reason)])
    }

    /// - Parameter readDelay: How long reads of the service's database wait.
    init(
        _ limits: ConnectionLimits, executor: EventLoopExecutor,
        readDelay: @escaping @Sendable () -> Duration = { .zero }
    ) {
        self.limits = limits
        self.readDelay = readDelay
        self.executor = executor
    }

    /// Whether the event loop takes the next request. Counts the request if not.
    func admitsRequest() -> Bool {
        guard hasRoom() else { return false }
        guard TimeAmount(readDelay()) < limits.maximumQueueTime else {
            queueTimeRejections.increment()
            return false
        }
        return true
    }

    /// Whether the event loop may have one more request in flight. Counts the request if not.
    func hasRoom() -> Bool {
        guard requestsInFlight >= limits.maximumRequestsInFlight else { return true }
        inFlightRejections.increment()
        return false
    }

    /// Calls `begin` when it is the turn of a request that was admitted. `isInTime` is false if it waited for too long, or its
    /// caller waits no longer. It must be rejected then, and counts as rejected.
    ///
    /// - Parameter timeout: How long the caller waits; nil if it does not say.
    func whenIdle(timeout: TimeAmount?, _ begin: @escaping (_ isInTime: Bool) -> Void) {
        executor.whenIdle { [self] delay in
            delays.recordNanoseconds(delay.nanoseconds)
            let isInTime = delay <= min(limits.maximumQueueTime, timeout ?? limits.maximumQueueTime)
            if !isInTime { queueTimeRejections.increment() }
            begin(isInTime)
        }
    }
}

/// The admission limits of a server, one for each event loop.
final class AdmissionLimits: Sendable {
    private let limits: ConnectionLimits
    private let readDelay: @Sendable () -> Duration
    private let ofEventLoop = Mutex<[ObjectIdentifier: NIOLoopBound<AdmissionLimit>]>([:])

    init(_ limits: ConnectionLimits, readDelay: @escaping @Sendable () -> Duration) {
        self.limits = limits
        self.readDelay = readDelay
    }

    /// An executor that begins no request while reads wait, because a rejection costs less before the request has begun. Requests
    /// without a read wait with the others. When reads have waited too long, they may not end soon, so these requests begin.
    private func executor(_ eventLoop: any EventLoop) -> EventLoopExecutor {
        EventLoopExecutor(eventLoop, limits: limits) { [readDelay, limits] in
            let delay = readDelay()
            return delay == .zero || TimeAmount(delay) >= limits.maximumQueueTime
        }
    }

    /// The limit of an event loop. Call this on the event loop.
    func of(_ eventLoop: any EventLoop) -> AdmissionLimit {
        ofEventLoop.withLock { known in
            if let limit = known[ObjectIdentifier(eventLoop)] { return limit }
            let limit = NIOLoopBound(
                AdmissionLimit(limits, executor: executor(eventLoop), readDelay: readDelay),
                eventLoop: eventLoop)
            known[ObjectIdentifier(eventLoop)] = limit
            return limit
        }.value
    }
}
