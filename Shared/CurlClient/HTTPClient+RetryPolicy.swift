extension HTTPClient {
    /// How often the client repeats a request that gets no connection, or loses it before the first byte of a response.
    ///
    /// The client repeats only idempotent methods (GET, HEAD, OPTIONS, PUT, DELETE: RFC 9110 §9.2.2), and only within
    /// the deadline. It never repeats a request that got a response, whatever its status.
    public struct RetryPolicy: Sendable {
        /// The maximum number of attempts, including the first.
        public var maximumAttempts: Int

        /// The pause before the second attempt.
        ///
        /// The pause doubles with each further attempt. The client shortens each pause by a random part, at most one
        /// half.
        public var firstPause: Duration

        /// The longest pause. Pauses stop doubling at this limit.
        public var maximumPause: Duration

        /// Creates a policy.
        public init(
            maximumAttempts: Int, firstPause: Duration = .milliseconds(50), maximumPause: Duration = .seconds(1)
        ) {
            self.maximumAttempts = maximumAttempts
            self.firstPause = firstPause
            self.maximumPause = maximumPause
        }

        /// One attempt, without a retry.
        public static let never = Self(maximumAttempts: 1)

        /// Up to three attempts, with pauses of about 50 and 100 ms.
        public static let standard = Self(maximumAttempts: 3)

        /// The pause after the given number of failed attempts, or `nil` when there is no further attempt.
        func pause(afterAttempt attempts: Int) -> Duration? {
            guard attempts < maximumAttempts else { return nil }
            let doublings = min(attempts - 1, Self.maximumDoublings)
            return min(maximumPause, firstPause * (1 << doublings)) * Double.random(in: 0.5...1)
        }

        private static let maximumDoublings = 20
    }
}
