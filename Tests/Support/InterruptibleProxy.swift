import CurlClient
public import HTTPTypes
import Hummingbird
import Logging
import ServiceRuntime
import Synchronization

/// An HTTP proxy between a service and the one that it calls.
///
/// It records the requests and can hold a response back. A test can then act after the called service has handled a
/// request and before the caller gets the response. It can also interrupt all traffic.
public final class InterruptibleProxy: Sendable {
    /// A request that the proxy received.
    public struct ReceivedRequest: Sendable, Equatable {
        /// The method.
        public let method: HTTPRequest.Method
        /// The path without the query.
        public let path: String
    }

    private struct State {
        var requests: [ReceivedRequest] = []
        var methodToHold: HTTPRequest.Method?
        var isInterrupted = false
    }

    private let target: String
    private let http = HTTPClient()
    private let state = Mutex(State())
    private let held = AsyncStream.makeStream(of: Void.self)
    private let released = AsyncStream.makeStream(of: Void.self)

    init(to target: String) {
        self.target = target
    }

    /// All requests so far.
    public var requests: [ReceivedRequest] { state.withLock { $0.requests } }

    /// Holds back the response to the next request with this method. The request itself reaches its target.
    public func holdNextResponse(to method: HTTPRequest.Method) {
        state.withLock { $0.methodToHold = method }
    }

    /// Waits until a response is held back.
    public func waitForHeldResponse() async {
        _ = await held.stream.first { true }
    }

    /// Sends the response that is held back.
    public func releaseResponse() {
        released.continuation.yield()
    }

    /// Responds with 502 from now on, also to requests in progress.
    public func interrupt() {
        state.withLock { $0.isInterrupted = true }
    }

    /// Forwards requests again.
    public func resume() {
        state.withLock { $0.isInterrupted = false }
    }

    /// Runs the proxy and calls `body` with its address.
    func serve<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let responder = CallbackResponder { (request: Request, _: BasicRequestContext) in
            try await self.response(to: request)
        }
        let application = Application(
            responder: responder, server: .guardedHTTP1(responder),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "proxy") { _ in SwiftLogNoOpLogHandler() })
        let server = Task { try await application.run() }
        defer { server.cancel() }
        guard let port = await ports.first(where: { _ in true }) else {
            throw ClusterError("The proxy does not start.")
        }
        return try await body("http://127.0.0.1:\(port)")
    }

    private static let maximumBodyBytes = 1 << 20
    private static let deadline = Duration.seconds(60)

    private var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

    private func response(to request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.maximumBodyBytes)
        let holdsResponse = state.withLock { state in
            state.requests.append(ReceivedRequest(method: request.method, path: request.uri.path))
            guard state.methodToHold == request.method else { return false }
            state.methodToHold = nil
            return true
        }
        guard !isInterrupted else { return Response(status: .badGateway) }
        let response = try await http.execute(
            .init(
                method: request.method, url: target + request.uri.description, headers: request.headers.withoutFraming,
                body: body.readableBytes == 0 ? nil : Array(body.readableBytesView), deadline: Self.deadline))
        guard !isInterrupted else { return Response(status: .badGateway) }
        if holdsResponse {
            held.continuation.yield()
            _ = await released.stream.first { true }
        }
        return Response(
            status: response.status, headers: response.headers.withoutFraming,
            body: .init(byteBuffer: ByteBuffer(bytes: response.body)))
    }
}

extension HTTPFields {
    /// The fields except those that frame a message, which belong to one connection (RFC 9112).
    fileprivate var withoutFraming: HTTPFields {
        filter { ![.contentLength, .transferEncoding, .connection].contains($0.name) }
    }
}

/// Calls `body` with a proxy to the service at the address `target`, and with the address of the proxy.
public func withInterruptibleProxy<Result: Sendable>(
    to target: String, _ body: (InterruptibleProxy, String) async throws -> Result
) async throws -> Result {
    let proxy = InterruptibleProxy(to: target)
    return try await proxy.serve { try await body(proxy, $0) }
}
