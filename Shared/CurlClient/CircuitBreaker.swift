/// Keeps requests from a server that fails, and lets one request at a time through to probe it.
///
/// It is closed at first. After several failures in a row it opens: requests fail at once. After a pause it is half-open: the next
/// request is the probe. A probe that succeeds closes it, and a probe that fails opens it again for twice the time.
struct CircuitBreaker {
    /// The number of failures in a row that opens the breaker.
    static let maximumFailures = 5

    private static let firstPause = Duration.milliseconds(250)
    private static let maximumPause = Duration.seconds(1)

    private enum State {
        case closed(failures: Int)
        case open(until: ContinuousClock.Instant, pause: Duration)
        case probing(pause: Duration)
    }

    private var state = State.closed(failures: 0)

    /// Whether a request may be sent now. If so, the caller must then call `succeed`, `fail` or `abandon`.
    mutating func admits(at now: ContinuousClock.Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let end, let pause) where end <= now:
            state = .probing(pause: pause)
            return true
        case .open, .probing: return false
        }
    }

    /// Records that the server responded.
    mutating func succeed() { state = .closed(failures: 0) }

    /// Records that the server did not respond. Returns whether this opened the breaker.
    mutating func fail(at now: ContinuousClock.Instant) -> Bool {
        switch state {
        case .closed(let failures) where failures + 1 < Self.maximumFailures:
            state = .closed(failures: failures + 1)
            return false
        case .closed: open(for: Self.firstPause, at: now)
        case .probing(let pause): open(for: min(pause * 2, Self.maximumPause), at: now)
        // A request that was sent before the breaker opened.
        case .open: return false
        }
        return true
    }

    /// Records that a request ended without showing whether the server responds.
    mutating func abandon(at now: ContinuousClock.Instant) {
        if case .probing(let pause) = state { state = .open(until: now, pause: pause) }
    }

    private mutating func open(for pause: Duration, at now: ContinuousClock.Instant) {
        state = .open(until: now + pause, pause: pause)
    }
}
