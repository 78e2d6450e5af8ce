/// Why a request brought no response.
///
/// A response of any status, 503 included, is a response and not an error.
public struct HTTPClientError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for code that has to decide.
    public let code: Code

    /// One sentence for the log. It names the method, the host and the port, never a path, a query, a header field
    /// or a body.
    public let description: String

    /// Whether the server can have seen the request, in part or whole, in any of the attempts.
    ///
    /// `false` is a promise: nothing of it left this machine, so nothing can have come of it.
    public let requestMayHaveBeenSent: Bool
}

extension HTTPClientError {
    /// The kinds of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case invalidRequest, connectionFailed, tlsFailure, connectionLost, timedOut, cancelled
            case responseTooLarge, protocolError, shutDown, internalError
        }

        private let kind: Kind

        /// The URL, the method or a header field cannot be sent; nothing was.
        public static let invalidRequest = Self(kind: .invalidRequest)
        /// No connection: the name is unknown, the peer refused, or did not answer within the connect time-out.
        public static let connectionFailed = Self(kind: .connectionFailed)
        /// The TLS handshake failed, or the peer's certificate was not accepted.
        public static let tlsFailure = Self(kind: .tlsFailure)
        /// The connection ended before the response was complete.
        public static let connectionLost = Self(kind: .connectionLost)
        /// The deadline passed.
        public static let timedOut = Self(kind: .timedOut)
        /// The calling task was cancelled.
        public static let cancelled = Self(kind: .cancelled)
        /// The head or the body of the response exceeds its limit.
        public static let responseTooLarge = Self(kind: .responseTooLarge)
        /// What the server sent is not HTTP.
        public static let protocolError = Self(kind: .protocolError)
        /// The client was shut down before or during the request.
        public static let shutDown = Self(kind: .shutDown)
        /// libcurl itself failed, for want of memory for instance.
        public static let internalError = Self(kind: .internalError)

        /// The name of the kind, as in the source.
        public var description: String { kind.rawValue }
    }
}

extension HTTPClientError {
    /// The error of a request that was refused unsent, for a reason that ends the sentence.
    static func invalidRequest(_ reason: String) -> Self {
        Self(code: .invalidRequest, description: "The request was not sent: \(reason)", requestMayHaveBeenSent: false)
    }

    /// The error of a request for which libcurl has no memory.
    static func noMemory(_ requestMayHaveBeenSent: Bool) -> Self {
        Self(
            code: .internalError, description: "libcurl has no memory for a request",
            requestMayHaveBeenSent: requestMayHaveBeenSent)
    }
}
