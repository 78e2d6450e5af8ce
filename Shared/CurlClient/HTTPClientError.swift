/// The error of a request that got no complete response.
///
/// A response is never an error, whatever its status.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for programs.
    public let code: Code

    /// A sentence for the log. It names the method, the host and the port, but no path, query, header field or body.
    public let description: String

    /// Whether the server may have received the request, in part or as a whole, in any of the attempts.
    ///
    /// `false` guarantees that no byte of the request left this machine, so the request had no effect.
    public let requestMayHaveBeenSent: Bool
}

extension HTTPClientError {
    /// The kinds of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case invalidRequest, connectionFailed, tlsFailure, connectionLost, timedOut, cancelled, circuitOpen
            case responseTooLarge, protocolError, shutDown, internalError
        }

        private let kind: Kind

        /// The URL, the method, a header field or the body is invalid. Nothing was sent, unless a streamed body does not have
        /// the announced length.
        public static let invalidRequest = Self(kind: .invalidRequest)
        /// There was no connection: the host is unknown, refused the connection, or did not respond within
        /// `connectTimeout`.
        public static let connectionFailed = Self(kind: .connectionFailed)
        /// The TLS handshake failed, or the server's certificate is not trusted.
        public static let tlsFailure = Self(kind: .tlsFailure)
        /// The connection closed before the response was complete.
        public static let connectionLost = Self(kind: .connectionLost)
        /// The deadline passed.
        public static let timedOut = Self(kind: .timedOut)
        /// The calling task was cancelled.
        public static let cancelled = Self(kind: .cancelled)
        /// The circuit breaker is open: the last requests to the server failed. This attempt was not sent.
        public static let circuitOpen = Self(kind: .circuitOpen)
        /// The head or the body of the response exceeds its limit.
        public static let responseTooLarge = Self(kind: .responseTooLarge)
        /// The server's response is not valid HTTP.
        public static let protocolError = Self(kind: .protocolError)
        /// The client was shut down before or during the request.
        public static let shutDown = Self(kind: .shutDown)
        /// libcurl itself failed, for example because it had no memory.
        public static let internalError = Self(kind: .internalError)

        /// The name of the code, such as `timedOut`.
        public var description: String { kind.rawValue }
    }
}

extension HTTPClientError {
    /// The error of a request that was rejected before it was sent. `reason` is the end of `description`.
    static func invalidRequest(_ reason: String) -> Self {
        Self(code: .invalidRequest, description: "The request was not sent: \(reason)", requestMayHaveBeenSent: false)
    }
}
