public import HTTPTypes

extension HTTPClient {
    /// What happened during one call, for metrics.
    public struct CallReport: Sendable {
        /// How a call ended.
        public enum Outcome: Sendable {
            /// With a response of this status.
            case response(HTTPResponse.Status)
            /// With an error of this code.
            case error(HTTPClientError.Code)
        }

        /// The host and the port.
        public let server: String
        /// How the call ended.
        public let outcome: Outcome
        /// The time from `execute` to its end.
        public let duration: Duration
        /// The number of attempts. It is 0 when the circuit breaker was open.
        public let attempts: Int
        /// The number of attempts that opened a connection; the others reused one, or got none.
        public let openedConnections: Int
        /// Whether the call opened the circuit breaker.
        public let openedCircuit: Bool
    }
}
