/// Limits how often a probe repeats a request while the service is overloaded or restarts.
struct RetryBudget {
    /// The time left for pauses that the service does not ask for.
    private var remaining: Duration

    /// The longest pause that a service may ask for, and the longest time of all pauses of one request.
    static let maximumRetryAfter: Duration = .seconds(30)
    private static let maximumRepetitions = 3
    private static let firstPause: Duration = .milliseconds(250)

    init(_ remaining: Duration) { self.remaining = remaining }

    /// The pause before a request is repeated once more; nil when it is not repeated. The pauses double if the service asks
    /// for none.
    ///
    /// - Parameters:
    ///   - repetitions: How often the request was repeated.
    ///   - spent: The time since the request was sent first.
    ///   - retryAfter: The pause that the service asks for.
    mutating func pause(after repetitions: Int, spent: Duration, retryAfter: Duration?) -> Duration? {
        guard repetitions < Self.maximumRepetitions else { return nil }
        if let retryAfter {
            return spent + retryAfter <= Self.maximumRetryAfter ? max(retryAfter, .zero) : nil
        }
        let pause = Self.firstPause * (1 << repetitions)
        guard spent + pause <= .seconds(5), pause <= remaining else { return nil }
        remaining -= pause
        return pause
    }
}
