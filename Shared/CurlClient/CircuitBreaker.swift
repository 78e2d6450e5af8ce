/// Keeps requests from a server that fails, and lets single requests through to probe it.
///
/// It is closed at first. After several failures in a row it opens: requests fail at once. After a pause it is half-open: the next
/// request is the probe. A probe that succeeds closes it, and a probe that fails opens it again for twice the time. While a probe
/// takes long, a further one follows each second, because the server may have recovered meanwhile.
struct CircuitBreaker {
    /// The state in which a request was admitted. Only a failure in the same state counts: a request that was sent before the
    /// breaker opened proves nothing about a probe.
    struct Admission: Equatable {
        fileprivate var number = 0
    }

    /// The number of failures in a row that opens the breaker.
    static let maximumFailures = 5

    private static let firstPause = Duration.milliseconds(250)
    private static let maximumPause = Duration.seconds(1)

    private enum State {
        case closed(failures: Int)
        case open(until: ContinuousClock.Instant, pause: Duration)
        case probing(until: ContinuousClock.Instant, pause: Duration)
    }

    private var state = State.closed(failures: 0)
    private var current = Admission()

    /// Admits a request; nil if none may be sent now. The caller must then call `succeed`, `fail` or `abandon`.
    mutating func admit(at now: ContinuousClock.Instant) -> Admission? {
        switch state {
        case .closed: return current
        case .open(let end, let pause) where end <= now, .probing(let end, let pause) where end <= now:
            change(to: .probing(until: now + Self.maximumPause, pause: pause))
            return current
        case .open, .probing: return nil
        }
    }

    /// Records that the server has begun to respond. A probe whose response takes long must not keep other requests waiting.
    mutating func beginResponse(_ admission: Admission) {
        if admission == current, case .probing = state { change(to: .closed(failures: 0)) }
    }

    /// Records that the server responded.
    mutating func succeed() {
        if case .closed = state { state = .closed(failures: 0) } else { change(to: .closed(failures: 0)) }
    }

    /// Records that the server did not respond. Returns whether this opened the breaker.
    mutating func fail(_ admission: Admission, at now: ContinuousClock.Instant) -> Bool {
        guard admission == current else { return false }
        switch state {
        case .closed(let failures) where failures + 1 < Self.maximumFailures:
            state = .closed(failures: failures + 1)
            return false
        case .closed: open(for: Self.firstPause, at: now)
        case .probing(_, let pause): open(for: min(pause * 2, Self.maximumPause), at: now)
        case .open: return false
        }
        return true
    }

    /// Records that a request ended without showing whether the server responds.
    mutating func abandon(_ admission: Admission, at now: ContinuousClock.Instant) {
        guard admission == current, case .probing(_, let pause) = state else { return }
        change(to: .open(until: now, pause: pause))
    }

    private mutating func open(for pause: Duration, at now: ContinuousClock.Instant) {
        change(to: .open(until: now + pause, pause: pause))
    }

    private mutating func change(to state: State) {
        self.state = state
        current.number &+= 1
    }
}
