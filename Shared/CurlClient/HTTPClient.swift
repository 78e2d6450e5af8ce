/// An HTTP/1.1 client on libcurl, for calls between services.
///
/// All transfers run on one thread that the client owns; callers only suspend. Connections are kept and reused.
/// Redirects, cookies, proxies and the environment play no part.
///
/// ```swift
/// let client = HTTPClient()
/// let response = try await client.execute(.init(url: "http://localhost:8081/products"))
/// ```
public final class HTTPClient: Sendable {
    private let configuration: Configuration

    /// Creates a client and starts its thread.
    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// Makes a request and returns the response, of whatever status, once its body is complete.
    ///
    /// Cancelling the calling task takes effect at once and closes the connection.
    public func execute(_ request: Request) async throws(HTTPClientError) -> Response {
        throw HTTPClientError(code: .shutDown, description: "not yet built", requestMayHaveBeenSent: false)
    }

    /// Ends the client: requests under way fail with `shutDown`, as do all later ones. Returns when the thread has
    /// ended. A second call does no harm.
    public func shutdown() async {
    }
}
