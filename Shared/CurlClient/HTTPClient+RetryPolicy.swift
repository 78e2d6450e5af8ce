import HTTPTypes

extension HTTPClient {
    /// How often the client repeats a request that gets no connection, or loses it before the first byte of a response.
    ///
    /// The client repeats only idempotent methods (GET, HEAD, OPTIONS, PUT, DELETE: RFC 9110 §9.2.2), and only within
    /// the deadline. It repeats a request that got a response only if `honorsRetryAfter` is true.
    ///
    /// A budget limits the retries to each host and port: ten at once, and in the long run one for ten calls.
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

        /// Whether the client also repeats a request after a response 429 or 503 with `Retry-After` (RFC 9110 §10.2.3), after
        /// that time. If the deadline does not allow it, the client returns the response.
        public var honorsRetryAfter: Bool

        /// Creates a policy.
        public init(
            maximumAttempts: Int, firstPause: Duration = .milliseconds(50), maximumPause: Duration = .seconds(1),
            honorsRetryAfter: Bool = false
        ) {
            self.honorsRetryAfter = honorsRetryAfter
            self.maximumAttempts = maximumAttempts
            self.firstPause = firstPause
            self.maximumPause = maximumPause
        }

        /// One attempt, without a retry.
        public static let never = Self(maximumAttempts: 1)

        /// Up to three attempts, with pauses of about 50 and 100 ms, or as `Retry-After` demands.
        public static let standard = Self(maximumAttempts: 3, honorsRetryAfter: true)

        /// The pause after the given number of failed attempts, or `nil` when there is no further attempt.
        func pause(afterAttempt attempts: Int) -> Duration? {
            guard attempts < maximumAttempts else { return nil }
            let doublings = min(attempts - 1, Self.maximumDoublings)
            return min(maximumPause, firstPause * (1 << doublings)) * Double.random(in: 0.5...1)
        }

        /// The pause after a response, or `nil` when there is no further attempt.
        func pause(after response: Response, attempts: Int) -> Duration? {
            guard honorsRetryAfter, attempts < maximumAttempts,
                [.tooManyRequests, .serviceUnavailable].contains(response.status),
                let time = response.retryAfter
            else { return nil }
            // Clients that were rejected at the same time must not return at the same time.
            return time + firstPause * Double.random(in: 0...1)
        }

        private static let maximumDoublings = 20
    }
}
