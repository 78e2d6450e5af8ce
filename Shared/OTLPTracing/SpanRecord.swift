import Tracing

/// What is known about a span.
struct SpanRecord: Sendable {
    let trace: TraceContext
    /// The id of the parent; nil for the first span of a trace.
    let parentID: UInt64?
    var name: String
    let kind: SpanKind
    /// The start, in nanoseconds since 1970.
    let start: UInt64
    /// The start on a clock that is never set.
    let steadyStart = ContinuousClock.now
    /// The end, in nanoseconds since 1970; 0 before the end.
    var end: UInt64 = 0
    var attributes: SpanAttributes = [:]
    var status: SpanStatus?

    /// Sets the end.
    ///
    /// The system clock may be set during a span, so the default clock of traces counts only for the start: the end is the
    /// start and the time since then. An instant of another clock is the end, but never before the start.
    mutating func finish(at instant: some TracerInstant) {
        let duration =
            instant is DefaultTracerClock.Instant
            ? UInt64(steadyStart.duration(to: .now) / .nanoseconds(1))
            : max(start, instant.nanosecondsSinceEpoch) - start
        end = start + min(duration, .max - start)
    }
}
