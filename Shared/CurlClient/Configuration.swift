public import HTTPTypes

extension HTTPClient {
    /// What holds for all requests of a client.
    public struct Configuration: Sendable {
        /// How long to wait for a connection, name resolution and TLS handshake included.
        public var connectTimeout: Duration = .seconds(2)

        /// How long a call may take, from `execute` to the last byte of the body, waiting for a free connection, retries
        /// and their pauses included.
        public var deadline: Duration = .seconds(10)

        /// The largest response body that is accepted, in bytes.
        public var maximumResponseBytes = 1 << 20

        /// How many requests are under way to one host and port at a time, at least 1; others wait for their turn.
        public var maximumConnectionsPerHost = 64

        /// How many requests are under way in total, at least 1, and how many connections are kept, idle ones included.
        public var maximumConnections = 256

        /// How long an unused connection may still be reused, in whole seconds.
        public var idleLifetime: Duration = .seconds(60)

        /// The `User-Agent` of requests that do not set their own.
        public var userAgent = "hallpass"

        /// Header fields that every request passes on, such as `traceparent` and `X-Request-Id`. Called once for each
        /// request, in the caller's task; a field that the request itself sets wins.
        public var onwardHeaders: @Sendable () -> HTTPFields = { [:] }

        /// The defaults, which suit calls between services.
        public init() {}
    }
}
