public import HTTPTypes

extension HTTPClient {
    /// A request for `HTTPClient.execute(_:)`.
    public struct Request: Sendable {
        /// The method. The client rejects `CONNECT`.
        public var method: HTTPRequest.Method

        /// An absolute `http` or `https` URL in ASCII (RFC 3986), without user information and fragment.
        ///
        /// The client sends the path as it is: it removes no dot segments and escapes nothing.
        public var url: String

        /// The header fields. The client itself sets the fields that frame the message: `Host`, `Content-Length`,
        /// `Transfer-Encoding`, `Connection` and similar ones. It rejects a request that contains them.
        public var headers: HTTPFields

        /// The body, or `nil` for a request without one.
        public var body: [UInt8]?

        /// The time limit for this call; `nil` for the `deadline` of the configuration.
        public var deadline: Duration?

        /// Whether and how often a failed attempt is repeated.
        public var retry: RetryPolicy

        /// Whether the client sends the request at most once, although its method is idempotent: it opens a new
        /// connection and makes one attempt. For requests with a credential that works once.
        public var isSentOnce: Bool

        /// Whether the server may compress the response with gzip. The response's `body` is decompressed, and the size limit
        /// applies to it. Do not set `Accept-Encoding` then.
        public var acceptsGzip: Bool

        /// Creates a request.
        public init(
            method: HTTPRequest.Method = .get, url: String, headers: HTTPFields = [:], body: [UInt8]? = nil,
            deadline: Duration? = nil, retry: RetryPolicy = .never, isSentOnce: Bool = false,
            acceptsGzip: Bool = false
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.deadline = deadline
            self.retry = retry
            self.isSentOnce = isSentOnce
            self.acceptsGzip = acceptsGzip
        }

        /// Whether the client itself sets the field, or does not support it, so it rejects a request with it.
        public static func isReserved(_ name: HTTPField.Name) -> Bool {
            RequestHead.reservedNames.contains(name.canonicalName)
        }
    }
}
