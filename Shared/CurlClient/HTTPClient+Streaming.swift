public import HTTPTypes

extension HTTPClient {
    /// A response whose body is still arriving.
    public struct StreamedResponse: Sendable {
        /// The status of the final response.
        public let status: HTTPResponse.Status
        /// The header fields in the order of arrival, without trailer fields.
        public let headers: HTTPFields
        /// The body, in parts of any size. It can be read once.
        public let body: ResponseBody
    }

    /// The body of a response that is still arriving. While nobody reads it, at most 64 KiB are kept, and the server must
    /// wait.
    public struct ResponseBody: AsyncSequence, AsyncIteratorProtocol, Sendable {
        fileprivate let stream: ResponseStream

        /// The body itself.
        public func makeAsyncIterator() -> Self { self }

        /// Waits for the next part; nil at the end of the body.
        ///
        /// - Throws: `HTTPClientError` when the body is incomplete or too large.
        public func next() async throws(HTTPClientError) -> [UInt8]? { try await stream.next() }
    }

    /// Writes the body of a request while it is sent.
    public struct BodyWriter: Sendable {
        fileprivate let stream: RequestStream

        /// Sends a part of the body, and waits until libcurl has taken it.
        ///
        /// Returns false when no further part can be sent, because the server has responded, the connection is lost, or the
        /// body would exceed its length.
        @discardableResult
        public func write(_ part: [UInt8]) async -> Bool { await stream.write(part) }
    }

    /// Sends a request, and calls `read` with the response while its body arrives.
    ///
    /// The deadline includes the time that `read` takes. The request ends with `read`; a connection with an unread rest is
    /// closed. The request is sent once, whatever its retry policy.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - maximumBytes: The largest body to accept, in place of the limit of the configuration.
    ///   - read: Reads the response. It is called once, as soon as the head of the response is complete.
    /// - Throws: `HTTPClientError` when there is no complete head; the errors of `read`.
    public func download<Result: Sendable>(
        _ request: Request, maximumBytes: Int, _ read: (StreamedResponse) async throws -> Result
    ) async throws -> Result {
        let stream = ResponseStream(loop: loop)
        async let _: Void = receive(request, maximumBytes: maximumBytes, stream)
        let head = try await stream.head()
        return try await read(
            StreamedResponse(status: head.status, headers: head.headers, body: ResponseBody(stream: stream)))
    }

    /// Sends a request whose body `write` produces meanwhile, and returns the complete response.
    ///
    /// The request is sent once, whatever its method and retry policy. Its `body` must be nil.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - length: The number of bytes that `write` sends. If it is nil, the body is sent in chunks.
    ///   - write: Writes the body. It is called once.
    /// - Throws: `HTTPClientError` when there is no complete response, and with the code `invalidRequest` when `write` does not
    ///   write `length` bytes; the errors of `write`.
    public func upload(
        _ request: Request, length: Int? = nil, _ write: (BodyWriter) async throws -> Void
    ) async throws -> Response {
        guard request.body == nil else {
            throw HTTPClientError.invalidRequest("an upload gets its body from the writer, so its request has none")
        }
        guard length ?? 0 >= 0 else { throw HTTPClientError.invalidRequest("the length of the body is negative") }
        let stream = RequestStream(length: length, loop: loop)
        async let response = send(request, stream)
        do {
            try await write(BodyWriter(stream: stream))
        } catch {
            stream.fail()
            throw error
        }
        stream.complete()
        return try await response
    }

    private func receive(_ request: Request, maximumBytes: Int, _ stream: ResponseStream) async {
        do throws(HTTPClientError) {
            _ = try await perform(request, download: stream, maximumBytes: maximumBytes)
            stream.finish(nil)
        } catch {
            stream.finish(error)
        }
    }

    private func send(_ request: Request, _ stream: RequestStream) async throws(HTTPClientError) -> Response {
        defer { stream.close() }
        return try await perform(request, upload: stream)
    }
}
