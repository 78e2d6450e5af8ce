public import HTTPTypes

extension HTTPClient {
    /// A complete response of any status. The client does not follow redirects.
    public struct Response: Sendable {
        /// The status of the final response.
        public let status: HTTPResponse.Status

        /// The header fields in the order of arrival, without trailer fields.
        public let headers: HTTPFields

        /// The body. Chunks are joined. Content codings are decoded only if the request has `acceptsGzip`; the fields
        /// `Content-Encoding` and `Content-Length` still describe the coded body.
        public let body: [UInt8]
    }
}
