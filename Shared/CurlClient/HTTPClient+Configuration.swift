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

        /// The versions of HTTP that the client may use.
        public var protocolVersion = ProtocolVersion.http1

        /// The path of a PEM file with the certificate authorities that the client trusts, in place of the system's; nil
        /// for the system's.
        public var trustedAuthoritiesPath: String?

        /// The certificate that the client sends to servers that ask for one; nil for none.
        public var clientCertificate: ClientCertificate?

        /// The path of the unix socket to which all connections go; nil for TCP. The host of a URL is then only the value
        /// of `Host` and the name that TLS verifies.
        public var unixSocketPath: String?

        /// The `User-Agent` of requests that do not set their own.
        public var userAgent = "hallpass"

        /// The header fields that every request propagates, such as `traceparent` and `X-Request-Id`.
        ///
        /// The client calls this closure once for each request, in the caller's task. A field that the request sets
        /// takes precedence.
        public var propagatedHeaders: @Sendable () -> HTTPFields = { [:] }

        /// The time by which the caller itself must have responded; nil without such a time. A call ends at this time if it
        /// is earlier than `deadline`.
        ///
        /// The client calls this closure once for each call, in the caller's task.
        public var inheritedDeadline: @Sendable () -> ContinuousClock.Instant? = { nil }

        /// The header field that tells the server how long the client still waits, in milliseconds, unless the request sets it;
        /// nil for none.
        public var timeoutField: HTTPField.Name?

        /// Whether calls fail at once with `circuitOpen` while the server does not respond.
        ///
        /// After five failures in a row to one host and port, the client sends single requests as probes, at first
        /// every 250 ms and later every second, until one gets a response. A response of any status is no failure.
        public var breaksCircuits = false

        /// Called after each call with a valid request, in the caller's task, for metrics.
        public var report: (@Sendable (CallReport) -> Void)?

        /// Creates the default configuration, which suits calls between services.
        public init() {}
    }
}
