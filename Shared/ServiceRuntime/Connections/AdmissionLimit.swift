import Metrics
import NIOCore
import Synchronization

/// Decides which requests of the connections of one event loop are handled.
///
/// An overloaded event loop would make all requests wait longer and longer. So it rejects some of them early, which takes little
/// time, and serves the others in time. Two measures show an overload:
///
/// - The time that requests wait for the event loop, and for a read of the database (`RejectionShare`). A task that measures the
///   first waits among theirs.
/// - The requests in flight. The service works on them, and their response has not begun. So a client that sends or reads
///   slowly holds no part of the limit.
final class AdmissionLimit {
    private static let interval = TimeAmount.milliseconds(10)

    /// The requests of the event loop that are handled now.
    var requestsInFlight = 0

    /// The executor of the requests.
    let executor: EventLoopExecutor
    private let maximumRequestsInFlight: Int
    private let readDelay: @Sendable () -> Duration
    private var share: RejectionShare
    private var isMeasuring = false
    /// When the task that measures began to wait; nil while there is none.
    private var waitingSince: NIODeadline?
    private var hasSeenRequest = false

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
        self.readDelay = readDelay
        maximumRequestsInFlight = limits.maximumRequestsInFlight
        share = RejectionShare(limits)
        self.executor = executor
    }

    /// Whether the event loop takes the next request. Counts the request if not.
    func admitsRequest() -> Bool {
        hasSeenRequest = true
        if !isMeasuring { startTimer() }
        guard hasRoom() else { return false }
        guard !share.rejectsNext() else {
            queueTimeRejections.increment()
            return false
        }
        return true
    }

    /// Whether the event loop may have one more request in flight. Counts the request if not.
    func hasRoom() -> Bool {
        guard requestsInFlight >= maximumRequestsInFlight else { return true }
        inFlightRejections.increment()
        return false
    }

    private func startTimer() {
        isMeasuring = true
        hasSeenRequest = false
        let due = NIODeadline.now() + Self.interval
        executor.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.timerFired(due) }
    }

    private func timerFired(_ due: NIODeadline) {
        if let waitingSince {
            add(.now() - waitingSince)
        } else {
            waitingSince = due
            let own = NIOLoopBound(self, eventLoop: executor.eventLoop)
            Task(executorPreference: executor) { own.value.taskStarted() }
        }
        // An event loop at rest is not woken.
        if hasSeenRequest || share.value > 0 { startTimer() } else { isMeasuring = false }
    }

    private func taskStarted() {
        guard let waitingSince else { return }
        let delay = NIODeadline.now() - waitingSince
        self.waitingSince = nil
        add(delay)
        delays.recordNanoseconds(delay.nanoseconds)
    }

    private func add(_ delay: TimeAmount) {
        share.add(delay + TimeAmount(readDelay()))
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

    /// The limit of an event loop. Call this on the event loop.
    func of(_ eventLoop: any EventLoop) -> AdmissionLimit {
        ofEventLoop.withLock { known in
            if let limit = known[ObjectIdentifier(eventLoop)] { return limit }
            let limit = NIOLoopBound(
                AdmissionLimit(limits, executor: EventLoopExecutor(eventLoop), readDelay: readDelay),
                eventLoop: eventLoop)
            known[ObjectIdentifier(eventLoop)] = limit
            return limit
        }.value
    }
}
