import NIOCore

extension ConnectionGuard {
    /// The limit that ends first.
    private var deadline: (at: NIODeadline, reason: ClosingReason)? {
        let writing = stalledSince.map { (at: $0 + limits.writeTime, reason: ClosingReason.writeTime) }
        guard let reading = readingDeadline else { return writing }
        guard let writing, writing.at < reading.at else { return reading }
        return writing
    }

    /// The time at which the next bytes of the client must be complete, and why the connection ends otherwise; nil while the
    /// service does not read.
    private var readingDeadline: (at: NIODeadline, reason: ClosingReason)? {
        switch phase {
        case .head where isBehind, .body where isBehind: return nil
        case .head(let since): return (since + limits.headTime, .headTime)
        case .body(let since): return (since + limits.bodyTime, .bodyTime)
        case .nothing:
            guard case .open = ending, requests.isEmpty else { return nil }
            return (idleSince + limits.idleTime, .idleTime)
        }
    }

    /// Sets the timer, unless it fires early enough. A timer that fires too early is set again.
    func setTimer() {
        guard let context, let deadline, timer.map({ deadline.at < $0.at }) ?? true else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline.at) { self.timeEnded() }
        timer = (deadline.at, task)
    }

    private func timeEnded() {
        timer = nil
        guard let context else { return }
        guard let deadline, deadline.at <= .now() else { return setTimer() }
        switch deadline.reason {
        case .headTime: reject(.tooSlow(.headTime))
        case .bodyTime where abandonLast(.tooSlow(.bodyTime)): break
        default:
            deadline.reason.count()
            context.close(promise: nil)
        }
    }
}
