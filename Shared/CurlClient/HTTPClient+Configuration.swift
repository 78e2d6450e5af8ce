public import HTTPTypes

extension HTTPClient {
    /// The settings that apply to all requests of a client.
    public struct Configuration: Sendable {
        /// The time limit for a new connection, including name resolution and the TLS handshake.
        public var connectTimeout: Duration = .seconds(2)

        /// The time limit for a call, from `execute` to the last byte of the body.
        ///
        /// It includes the wait for a free connection, all attempts, and the pauses between them.
        public var deadline: Duration = .seconds(10)

        /// The largest response body that the client accepts, in bytes.
        public var maximumResponseBytes = 1 << 20

        /// The maximum number of requests in progress to one host and port, at least 1. Further requests wait.
        public var maximumConnectionsPerHost = 64

        /// The maximum number of requests in progress in total, at least 1. It also limits the connections that the
        /// client keeps, including idle ones.
        public var maximumConnections = 256

        /// The time for which an idle connection may still be reused, in whole seconds.
        public var idleLifetime: Duration = .seconds(60)

        /// The `User-Agent` of requests that do not set their own.
        public var userAgent = "hallpass"

        /// The header fields that every request propagates, such as `traceparent` and `X-Request-Id`.
        ///
        /// The client calls this closure once for each request, in the caller's task. A field that the request sets
        /// takes precedence.
        public var propagatedHeaders: @Sendable () -> HTTPFields = { [:] }

        /// Creates the default configuration, which suits calls between services.
        public init() {}
    }
}
