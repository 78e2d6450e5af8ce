/// The pause between exports while the collector is away: what its `Retry-After` says, otherwise exponential backoff with
/// jitter (OTLP, "OTLP/HTTP Throttling").
struct Backoff {
    private static let maximumRetryAfter = Duration.seconds(300)
    private static let maximumPause = Duration.seconds(60)
    private static let maximumDoublings = 6

    private var failures = 0
    private var end: ContinuousClock.Instant?

    /// Whether an export may begin.
    func isOver(at now: ContinuousClock.Instant) -> Bool {
        end.map { $0 <= now } ?? true
    }

    /// Begins a pause after an export that must be repeated; ends all pauses after another.
    ///
    /// Without `Retry-After`, the pause is one second after the first failure. It doubles with each further one, up to a
    /// minute, and a random part of at most one half is taken away. A `Retry-After` counts up to five minutes, and a random
    /// part of a second is added.
    mutating func update(after outcome: SpanExporter.Outcome, at now: ContinuousClock.Instant) {
        guard case .retryable(let retryAfter) = outcome else {
            self = Backoff()
            return
        }
        let pause: Duration =
            if let retryAfter {
                min(retryAfter, Self.maximumRetryAfter) + .seconds(Double.random(in: 0...1))
            } else {
                min(.seconds(1 << failures), Self.maximumPause) * Double.random(in: 0.5...1)
            }
        failures = min(failures + 1, Self.maximumDoublings)
        end = now + pause
    }
}
