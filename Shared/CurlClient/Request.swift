public import HTTPTypes

extension HTTPClient {
    /// One request to be made.
    public struct Request: Sendable {
        /// The method. `CONNECT` is refused.
        public var method: HTTPRequest.Method

        /// An absolute `http` or `https` URL in ASCII (RFC 3986) without user information and fragment. The path is
        /// sent as it stands: no dot segments are removed and nothing is escaped.
        public var url: String

        /// Header fields. Those that frame the message (`Host`, `Content-Length`, `Transfer-Encoding`, `Connection`
        /// and their like) belong to the client and are refused.
        public var headers: HTTPFields

        /// The body, or `nil` for none.
        public var body: [UInt8]?

        /// How long this call may take, in place of the configuration's `deadline`.
        public var deadline: Duration?

        /// Whether and how a failed attempt is repeated.
        public var retry: RetryPolicy

        /// Creates a request.
        public init(
            method: HTTPRequest.Method = .get, url: String, headers: HTTPFields = [:], body: [UInt8]? = nil,
            deadline: Duration? = nil, retry: RetryPolicy = .never
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.deadline = deadline
            self.retry = retry
        }
    }

    /// What the server answered: any status, redirects included, which are not followed.
    public struct Response: Sendable {
        /// The status of the final response.
        public let status: HTTPResponse.Status

        /// Header fields in the order of arrival. Trailer fields are dropped.
        public let headers: HTTPFields

        /// The body as it was sent, with the chunking removed; content codings are left alone.
        public let body: [UInt8]
    }

    /// How often a request is repeated that found no connection, or lost it before the first byte of a response.
    ///
    /// Only idempotent methods are repeated (GET, HEAD, OPTIONS, PUT, DELETE: RFC 9110 section 9.2.2), and only within
    /// the deadline. A response is never a reason, whatever its status.
    public struct RetryPolicy: Sendable {
        /// The most attempts, the first included.
        public var maximumAttempts: Int

        /// The pause before the second attempt. It doubles with each further one, and of every pause a random part of
        /// up to one half is taken off.
        public var firstPause: Duration

        /// The longest pause.
        public var longestPause: Duration

        /// Creates a policy.
        public init(
            maximumAttempts: Int, firstPause: Duration = .milliseconds(50), longestPause: Duration = .seconds(1)
        ) {
            self.maximumAttempts = maximumAttempts
            self.firstPause = firstPause
            self.longestPause = longestPause
        }

        /// One attempt.
        public static let never = Self(maximumAttempts: 1)

        /// Up to three attempts, with pauses of about 50 and 100 ms.
        public static let standard = Self(maximumAttempts: 3)

        /// The pause after so many failed attempts, or `nil` when there is to be no other.
        func pause(afterAttempt attempts: Int) -> Duration? {
            guard attempts < maximumAttempts else { return nil }
            let doublings = min(attempts - 1, Self.mostDoublings)
            return min(longestPause, firstPause * (1 << doublings)) * Double.random(in: 0.5...1)
        }

        private static let mostDoublings = 20
    }
}
