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
    private let loop: TransferLoop

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

    /// Ends the client: requests under way fail with `shutDown`, as do all later ones. Returns when the thread has
    /// ended. A second call does no harm.
    public func shutdown() async {
        loop.close()
        await loop.join()
    }

    /// Makes a request and returns the response, of whatever status, once its body is complete.
    ///
    /// Cancelling the calling task takes effect at once and closes the connection.
    public func execute(_ request: Request) async throws(HTTPClientError) -> Response {
        let deadline = ContinuousClock.now + (request.deadline ?? configuration.deadline)
        let head = try RequestHead(request, configuration: configuration)
        var attempt = 1
        var wasSentBefore = false
        while true {
            let transfer = try Transfer(
                head, body: request.body, deadline: deadline, configuration: configuration, wasSentBefore: wasSentBefore
            )
            do throws(HTTPClientError) {
                return try transfer.response(after: await loop.run(transfer))
            } catch {
                guard transfer.mayBeRepeated(after: error), let pause = request.retry.pause(afterAttempt: attempt),
                    ContinuousClock.now + pause < deadline
                else { throw error }
                guard await slept(pause) else { return try transfer.response(after: .cancelled) }
                wasSentBefore = error.requestMayHaveBeenSent
                attempt += 1
            }
        }
    }

    /// Waits, and returns false as soon as the task is cancelled.
    private func slept(_ pause: Duration) async -> Bool {
        do {
            try await Task.sleep(for: pause)
            return true
        } catch {
            return false
        }
    }
}
