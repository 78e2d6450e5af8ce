import CCurl
import Glibc

/// Runs transfers: libcurl's multi handle, the transfers that it runs, and those that wait for a free connection. It does
/// not wait, and only one thread may use it at a time.
///
/// The engine limits the connections itself and does not use libcurl's options. The deadline therefore includes the
/// wait for a connection, and a busy host does not delay requests to other hosts.
struct TransferEngine: ~Copyable {
    /// The transfers and connections to one origin.
    final class OriginState {
        var waitingOrRunning = 0
        var running = 0
        /// About how many connections are open and idle. libcurl does not tell exactly.
        var idle = 0
        /// The number of transfers that received any part of a response.
        var responses = 0
    }

    /// A transfer that has ended. Its caller must be resumed when the engine is no longer locked.
    typealias Ended = (transfer: Transfer, end: Transfer.End)

    private static let maximumWait = Duration.seconds(3600)
    /// Each handle has a buffer of 16 KiB.
    private static let maximumIdleHandles = 64

    private var multi: MultiHandle
    private let poll: EventPoll
    private let configuration: HTTPClient.Configuration
    private let maximumPerOrigin: Int
    private let maximumRunning: Int
    private var live: [Transfer] = []
    private var waiting: [Transfer] = []
    private var ended: [Ended] = []
    private var running = 0
    private var origins: [Target.Origin: OriginState] = [:]
    private var idleHandles: [EasyHandle] = []
    private var isShutDown = false
    /// Whether transfers were started that `runStarted` must send.
    private var hasStarted = false
    /// The client's thread; nil before its start.
    var thread: pthread_t?
    /// A time no later than the earliest deadline of the transfers in `live`; nil only without transfers.
    private var nextDeadline: ContinuousClock.Instant?
    /// The time until which the client's thread waits. Waking too early is harmless, so it never moves to a later time.
    private var waitEnd: ContinuousClock.Instant

    init(configuration: HTTPClient.Configuration, poll: EventPoll) {
        self.configuration = configuration
        maximumPerOrigin = max(1, configuration.maximumConnectionsPerHost)
        maximumRunning = max(1, configuration.maximumConnections)
        self.poll = poll
        multi = MultiHandle(maximumConnections: maximumRunning, poll: poll)
        waitEnd = .now
    }

    /// Starts a transfer on an idle connection, which takes microseconds. Returns false without an idle connection.
    mutating func startOnIdleConnection(_ transfer: Transfer) -> Bool {
        guard waiting.isEmpty, running < maximumRunning, let origin = origins[transfer.head.target.origin],
            origin.idle > 0, origin.running < maximumPerOrigin, !transfer.head.isSentOnce
        else { return false }
        submit(transfer, to: origin)
        hasStarted = true
        if thread.map({ pthread_equal($0, pthread_self()) != 0 }) != true { runStarted() }
        return true
    }

    /// Sends the requests that `startOnIdleConnection` has started. The client's thread calls it after a round of its tasks,
    /// because libcurl starts several transfers with less work than one after the other.
    mutating func runStarted() {
        guard exchange(&hasStarted, with: false) else { return }
        multi.runTimers()
        endFinished()
    }

    /// Starts a transfer, or lets it wait for a free connection.
    mutating func submit(_ transfer: Transfer) { submit(transfer, to: origin(transfer.head.target.origin)) }

    private mutating func submit(_ transfer: Transfer, to origin: OriginState) {
        guard !transfer.isCancelled, !isShutDown else {
            return ended.append((transfer, transfer.isCancelled ? .cancelled : .shutDown))
        }
        origin.waitingOrRunning += 1
        transfer.origin = origin
        transfer.index = live.count
        live.append(transfer)
        nextDeadline = min(nextDeadline ?? transfer.deadline, transfer.deadline)
        if mayStart(transfer) { start(transfer) } else { waiting.append(transfer) }
    }

    /// Continues a transfer that waited for its streams.
    mutating func resume(_ transfer: Transfer) {
        transfer.isPaused = false
        // libcurl delivers what it has kept. It does not end the transfer itself when that is rejected.
        let code = transfer.easy?.resume() ?? CURLE_OK
        // libcurl reports `CURLE_BAD_FUNCTION_ARGUMENT` for a transfer that has no connection at the moment.
        guard code != CURLE_OK, code != CURLE_BAD_FUNCTION_ARGUMENT else { return }
        end(transfer, .finished(code, systemError: 0))
    }

    mutating func cancel(_ transfer: Transfer) {
        // The command to cancel a transfer may arrive before the command to submit it.
        transfer.isCancelled = true
        end(transfer, .cancelled)
    }

    /// Ends all transfers, and those that are submitted later. Closes all connections.
    mutating func shutDown() {
        isShutDown = true
        waiting.removeAll()
        while let transfer = live.last { end(transfer, .shutDown) }
        idleHandles.removeAll()
        // libcurl closes idle connections together with their multi handle.
        multi = MultiHandle(maximumConnections: maximumRunning, poll: poll)
    }

    /// Advances all transfers as far as possible, and ends those that are complete or overdue.
    mutating func work(_ ready: [EventPoll.Readiness]) {
        for event in ready {
            if multi.interests.isWanted(event.socket) {
                multi.advance(event)
            } else {
                multi.interests.handleUnwanted(event.socket, pausedPorts: pausedPorts)
            }
        }
        let now = ContinuousClock.now
        if let timer = multi.interests.timer, timer <= now { multi.runTimers() }
        endFinished()
        if let nextDeadline, nextDeadline <= now { endOverdue(now) }
    }

    /// Moves the transfers that have ended since the last call into an empty list. Its memory serves for the next ones.
    mutating func moveEnded(to list: inout [Ended]) { swap(&ended, &list) }

    /// Begins a wait of the client's thread. Returns its length in milliseconds.
    mutating func beginWait() -> Int {
        let now = ContinuousClock.now
        let end = nextWork ?? now + Self.maximumWait
        waitEnd = waitEnd > now ? min(waitEnd, end) : end
        return (waitEnd - now).milliseconds
    }

    /// Whether there is work before the wait of the client's thread ends.
    var mustEndWait: Bool { nextWork.map { $0 < waitEnd } ?? false }

    /// The earliest time at which there is work without an event.
    private var nextWork: ContinuousClock.Instant? {
        guard let timer = multi.interests.timer else { return nextDeadline }
        return min(timer, nextDeadline ?? timer)
    }

    private mutating func endFinished() {
        while let (easy, code) = multi.nextFinished() {
            guard let transfer = easy.transfer else { continue }
            end(transfer, .finished(code, systemError: code == CURLE_OK ? 0 : easy.systemError))
        }
    }

    private mutating func endOverdue(_ now: ContinuousClock.Instant) {
        // The end of a running transfer starts one that waits, so those that wait end first.
        for transfer in waiting where transfer.deadline <= now { end(transfer, .timedOut) }
        for transfer in live where transfer.deadline <= now { end(transfer, .timedOut) }
        nextDeadline = live.lazy.map(\.deadline).min()
    }

    private mutating func startWaiting() {
        var index = 0
        while index < waiting.count, running < maximumRunning {
            if mayStart(waiting[index]) { start(waiting.remove(at: index)) } else { index += 1 }
        }
    }

    private func mayStart(_ transfer: Transfer) -> Bool {
        running < maximumRunning && transfer.origin.map { $0.running < maximumPerOrigin } ?? true
    }

    /// Gives a transfer to libcurl.
    private mutating func start(_ transfer: Transfer) {
        guard let easy = idleHandles.popLast() ?? EasyHandle(configuration, interests: multi.interests) else {
            return end(transfer, .finished(CURLE_OUT_OF_MEMORY, systemError: 0))
        }
        running += 1
        if let origin = transfer.origin {
            origin.running += 1
            origin.idle = max(0, origin.idle - 1)
            transfer.earlierResponses = origin.responses
        }
        transfer.easy = easy
        transfer.wasStarted = true
        var code = easy.begin(transfer)
        if code == CURLE_OK, !multi.add(easy) { code = CURLE_OUT_OF_MEMORY }
        if code != CURLE_OK { end(transfer, .finished(code, systemError: 0)) }
    }

    private mutating func end(_ transfer: Transfer, _ end: Transfer.End) {
        guard let index = transfer.index.take() else { return }
        live.swapAt(index, live.count - 1)
        live.removeLast()
        if index < live.count { live[index].index = index }
        transfer.origin?.waitingOrRunning -= 1
        if let easy = transfer.easy.take() {
            release(easy, of: transfer, end)
        } else {
            waiting.removeAll { $0 === transfer }
        }
        ended.append((transfer, end))
        startWaiting()
    }

    private mutating func release(_ easy: EasyHandle, of transfer: Transfer, _ end: Transfer.End) {
        running -= 1
        if case .finished(CURLE_OK, _) = end, transfer.response.mayHaveExcess, !easy.isMultiplexed {
            multi.interests.endIfReadable(easy.socket)
        }
        transfer.hasConnected = easy.hasConnected
        if transfer.hasConnected, let origin = transfer.origin {
            multi.interests.assign(easy.socket, to: origin, isMultiplexed: easy.isMultiplexed)
        }
        multi.remove(easy)
        easy.end()
        // libcurl 7.88 makes each sixth repetition of all requests of one handle fail, so such a handle is not kept.
        if idleHandles.count < Self.maximumIdleHandles, transfer.sends <= 1 { idleHandles.append(easy) }
        if let origin = transfer.origin { update(origin, after: transfer, end) }
    }

    private mutating func update(_ origin: OriginState, after transfer: Transfer, _ end: Transfer.End) {
        origin.running -= 1
        if transfer.hasConnected { origin.idle = 0 }
        if transfer.response.hasBegun { origin.responses += 1 }
        switch end {
        case .finished(CURLE_OK, _): origin.idle += 1
        case .timedOut where isLost(origin, transfer):
            origin.idle = 0
            multi.interests.endIdleConnections(to: origin, pausedPorts: pausedPorts)
        default: break
        }
    }

    /// The ports at this machine of the connections whose transfers pause.
    private var pausedPorts: [CInt] { live.lazy.filter(\.isPaused).compactMap(\.localPort) }

    /// Whether a transfer that timed out shows that the machine behind the kept connections may be gone: it used such a
    /// connection, and no call to the server has got any response meanwhile. Then each further one would time out too.
    private func isLost(_ origin: OriginState, _ transfer: Transfer) -> Bool {
        transfer.sends > 0 && !transfer.hasConnected && origin.responses == transfer.earlierResponses
    }

    private mutating func origin(_ key: Target.Origin) -> OriginState {
        if let origin = origins[key] { return origin }
        // libcurl keeps at most this number of connections, so most of the others have none.
        if origins.count >= maximumRunning { origins = origins.filter { $0.value.waitingOrRunning > 0 } }
        let origin = OriginState()
        origins[key] = origin
        return origin
    }
}
