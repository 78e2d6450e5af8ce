// CurlClient: the HTTP client for calls between services. It is separate from JWTAuth because it does not depend on
// tokens or services. Also, the unsafe code that calls libcurl must stay in one target.

import HTTPTypes

/// An HTTP client on libcurl, for calls between services.
///
/// The client owns one thread, which waits for all responses. Callers suspend and block no thread. The client keeps
/// connections and reuses them. It follows no redirects, stores no cookies, and uses no proxy. It reads no environment
/// variables, but libcurl writes the secrets of TLS connections to the file that `SSLKEYLOGFILE` names.
///
/// ```swift
/// let client = HTTPClient()
/// let response = try await client.execute(.init(url: "http://localhost:8081/products"))
/// ```
public final class HTTPClient: Sendable {
    let configuration: Configuration
    let loop: TransferLoop
    let origins = OriginRegistry()
    /// The `User-Agent` of the configuration; nil if it is empty.
    let userAgent: HTTPField?

    /// A task executor that runs on the client's thread.
    ///
    /// A task that prefers it sends requests and gets responses without a change of threads, which is the largest part of the
    /// cost of a request. Such a task must not block: it would delay all requests of the client. It goes on on Swift's own
    /// threads after `shutdown`.
    ///
    /// ```swift
    /// await withTaskExecutorPreference(client.executor) { … }
    /// ```
    public var executor: any TaskExecutor { loop }

    /// Creates a client and starts its thread.
    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
        // libcurl's option for this field would format it twice for each request.
        let userAgent = HTTPField(name: .userAgent, value: configuration.userAgent)
        self.userAgent = userAgent.value.isEmpty ? nil : userAgent
        loop = TransferLoop(configuration: configuration)
        loop.start()
    }

    deinit {
        loop.close()
        loop.detach()
    }

    /// Shuts the client down: requests in progress and all later ones fail with `shutDown`.
    ///
    /// It returns when the thread has ended. A second call has no effect.
    public func shutdown() async {
        loop.close()
        await loop.join()
    }

    /// Sends a request and returns the complete response, whatever its status.
    ///
    /// Cancelling the calling task ends the request at once and closes its connection.
    ///
    /// - Throws: `HTTPClientError` when there is no complete response.
    public nonisolated(nonsending) func execute(_ request: Request) async throws(HTTPClientError) -> Response {
        try await perform(request)
    }

    /// Performs a call. With a stream, it makes one attempt.
    ///
    /// Like the asynchronous functions that it calls, it runs where its caller runs. Without `nonsending`, each of them would
    /// look for the executor of the task at its start and its end.
    nonisolated(nonsending) func perform(
        _ request: Request, upload: RequestStream? = nil, download: ResponseStream? = nil, maximumBytes: Int? = nil
    ) async throws(HTTPClientError) -> Response {
        var call = try Call(request, of: self, upload: upload)
        call.download = download
        call.maximumResponseBytes = maximumBytes ?? configuration.maximumResponseBytes
        do throws(HTTPClientError) {
            let response = try await call.run()
            configuration.report?(call.report(.response(response.status)))
            return response
        } catch {
            configuration.report?(call.report(.error(error.code)))
            throw error
        }
    }
}
