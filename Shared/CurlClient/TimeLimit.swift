/// The end of a call.
struct TimeLimit {
    let end: ContinuousClock.Instant
    /// Whether the caller's caller set the end, instead of this client's configuration.
    let isInherited: Bool

    init(_ duration: Duration, after start: ContinuousClock.Instant, inherited: ContinuousClock.Instant?) {
        let own = start + duration
        end = min(own, inherited ?? own)
        isInherited = end < own
    }

    /// The time until the end; negative after it.
    var timeLeft: Duration { end - .now }
}
