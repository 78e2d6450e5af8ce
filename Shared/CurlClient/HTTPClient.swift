// CurlClient: the HTTP client for calls between services. It is separate from JWTAuth because it does not depend on
// tokens or services. Also, the unsafe code that calls libcurl must stay in one target.

/// An HTTP/1.1 client on libcurl, for calls between services.
///
/// The client owns one thread, which waits for all responses. Callers suspend and block no thread. The client keeps
/// connections and reuses them. It follows no redirects, stores no cookies, uses no proxy, and reads no environment
/// variables.
///
/// ```swift
/// let client = HTTPClient()
/// let response = try await client.execute(.init(url: "http://localhost:8081/products"))
/// ```
public final class HTTPClient: Sendable {
    private let configuration: Configuration
    private let loop: TransferLoop

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
    public func execute(_ request: Request) async throws(HTTPClientError) -> Response {
        let deadline = ContinuousClock.now + (request.deadline ?? configuration.deadline)
        let head = try RequestHead(request, configuration: configuration)
        var attempt = 1
        var wasSentBefore = false
        while true {
            let transfer = Transfer(
                head, body: request.body, deadline: deadline,
                maximumResponseBytes: configuration.maximumResponseBytes, wasSentBefore: wasSentBefore)
            do throws(HTTPClientError) {
                return try transfer.response(after: await loop.run(transfer))
            } catch {
                guard transfer.mayBeRepeated(after: error), let pause = request.retry.pause(afterAttempt: attempt),
                    ContinuousClock.now + pause < deadline
                else { throw error }
                guard await pauses(for: pause) else { return try transfer.response(after: .cancelled) }
                wasSentBefore = error.requestMayHaveBeenSent
                attempt += 1
            }
        }
    }

    /// Waits. Returns false as soon as the task is cancelled.
    private func pauses(for pause: Duration) async -> Bool {
        do {
            try await Task.sleep(for: pause)
            return true
        } catch {
            return false
        }
    }
}
