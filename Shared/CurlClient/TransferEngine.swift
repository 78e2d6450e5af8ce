import CCurl

/// The work of the client's thread: libcurl's multi handle, the transfers that run on it, and those that wait for a
/// free connection. Only that thread uses it, so it needs no lock.
///
/// The engine limits the connections itself and does not use libcurl's options. The deadline therefore includes the
/// wait for a connection, and a busy host does not delay requests to other hosts.
struct TransferEngine: ~Copyable {
    /// The numbers of transfers to one origin.
    final class OriginCounts {
        var waitingOrRunning = 0
        var running = 0
    }

    private static let maximumWait = Duration.seconds(3600)

    private let multi: MultiHandle
    private let maximumPerOrigin: Int
    private let maximumRunning: Int
    private var live: [MultiHandle.ID: Transfer] = [:]
    private var waiting: [Transfer] = []
    private var running = 0
    private var counts: [String: OriginCounts] = [:]
    /// A time no later than the earliest deadline of the transfers in `live`. It is nil only when `live` is empty.
    private var nextDeadline: ContinuousClock.Instant?

    init(configuration: HTTPClient.Configuration) {
        maximumPerOrigin = max(1, configuration.maximumConnectionsPerHost)
        maximumRunning = max(1, configuration.maximumConnections)
        multi = MultiHandle(maximumConnections: maximumRunning)
    }

    mutating func submit(_ transfer: Transfer) {
        guard !transfer.isCancelled else { return transfer.end(.cancelled) }
        let origin = counts[transfer.head.target.origin] ?? OriginCounts()
        counts[transfer.head.target.origin] = origin
        origin.waitingOrRunning += 1
        transfer.originCounts = origin
        live[transfer.easy.id] = transfer
        nextDeadline = min(nextDeadline ?? transfer.deadline, transfer.deadline)
        waiting.append(transfer)
        startWaiting()
    }

    mutating func cancel(_ transfer: Transfer) {
        // The command to cancel a transfer may arrive before the command to submit it.
        transfer.isCancelled = true
        end(transfer, .cancelled)
    }

    mutating func endAll(_ end: Transfer.End) {
        waiting.removeAll()
        for transfer in live.values { self.end(transfer, end) }
    }

    /// Advances all transfers as far as possible without waiting, and ends those that are complete or overdue.
    mutating func work() {
        multi.perform()
        while let (easy, code) = multi.nextFinished() {
            if let transfer = live[easy] { end(transfer, .finished(code)) }
        }
        endOverdue()
    }

    /// Waits until a transfer can be advanced, a deadline passes, or `wakeup` is signalled.
    func wait(for wakeup: WakeupEvent) {
        let time = nextDeadline.map { $0 - .now } ?? Self.maximumWait
        multi.wait(for: wakeup, milliseconds: time.milliseconds)
    }

    private mutating func endOverdue() {
        let now = ContinuousClock.now
        guard let nextDeadline, nextDeadline <= now else { return }
        for transfer in live.values where transfer.deadline <= now { end(transfer, .timedOut) }
        self.nextDeadline = live.values.lazy.map(\.deadline).min()
    }

    private mutating func startWaiting() {
        var index = 0
        while index < waiting.count, running < maximumRunning {
            guard let origin = waiting[index].originCounts, origin.running < maximumPerOrigin else {
                index += 1
                continue
            }
            origin.running += 1
            running += 1
            let transfer = waiting.remove(at: index)
            transfer.isRunning = true
            if !multi.add(transfer.easy.id) { end(transfer, .finished(CURLE_FAILED_INIT)) }
        }
    }

    private mutating func end(_ transfer: Transfer, _ end: Transfer.End) {
        guard live.removeValue(forKey: transfer.easy.id) != nil, let origin = transfer.originCounts else { return }
        origin.waitingOrRunning -= 1
        if transfer.isRunning {
            multi.remove(transfer.easy.id)
            origin.running -= 1
            running -= 1
        } else {
            waiting.removeAll { $0 === transfer }
        }
        if origin.waitingOrRunning == 0 { counts[transfer.head.target.origin] = nil }
        transfer.end(end)
        startWaiting()
    }
}
