import CurlClient
public import HTTPTypes
import Hummingbird
import Logging
import ServiceRuntime
import Synchronization

/// Stands between a service and the one that it calls. It notes what passes and can hold back an answer, so that a
/// test can act at the moment when the called service has done its part and the caller does not know it yet.
public final class InterruptibleProxy: Sendable {
    /// A request that passed.
    public struct Passed: Sendable, Equatable {
        /// The method.
        public let method: HTTPRequest.Method
        /// The path, without the query.
        public let path: String
    }

    private struct State {
        var passed: [Passed] = []
        var holdsNext: HTTPRequest.Method?
        var isCut = false
    }

    private let target: String
    private let http = HTTPClient()
    private let state = Mutex(State())
    private let held = AsyncStream.makeStream(of: Void.self)
    private let released = AsyncStream.makeStream(of: Void.self)

    init(before target: String) {
        self.target = target
    }

    /// All that has passed so far.
    public var passed: [Passed] { state.withLock { $0.passed } }

    /// Holds back the answer to the next request with this method. It reaches its target all the same.
    public func holdNextAnswer(to method: HTTPRequest.Method) {
        state.withLock { $0.holdsNext = method }
    }

    /// Lets nothing through any more, the answers that are under way included: 502 comes in their place.
    public func cut() {
        state.withLock { $0.isCut = true }
    }

    /// Lets everything through again.
    public func restore() {
        state.withLock { $0.isCut = false }
    }

    /// Waits until an answer is being held back.
    public func answerIsHeld() async {
        _ = await held.stream.first { true }
    }

    /// Lets the answer that is held back go on.
    public func release() {
        released.continuation.yield()
    }

    /// Runs the server and calls `body` with its address.
    func serve<Result: Sendable>(_ body: (String) async throws -> Result) async throws -> Result {
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in try await self.pass(request) },
            server: .retainedHTTP1(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "interposer") { _ in SwiftLogNoOpLogHandler() })
        let server = Task { try await application.run() }
        defer { server.cancel() }
        guard let port = await ports.first(where: { _ in true }) else { throw ClusterError("no interposer") }
        return try await body("http://127.0.0.1:\(port)")
    }

    private static let largestBodyBytes = 1 << 20
    private static let longestAnswer = Duration.seconds(60)

    private var isCut: Bool { state.withLock { $0.isCut } }

    private func pass(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: Self.largestBodyBytes)
        let holds = state.withLock { state in
            state.passed.append(Passed(method: request.method, path: request.uri.path))
            guard state.holdsNext == request.method else { return false }
            state.holdsNext = nil
            return true
        }
        guard !isCut else { return Response(status: .badGateway) }
        let response = try await http.execute(
            .init(
                method: request.method, url: target + request.uri.description, headers: request.headers.withoutFraming,
                body: body.readableBytes == 0 ? nil : Array(body.readableBytesView), deadline: Self.longestAnswer))
        guard !isCut else { return Response(status: .badGateway) }
        if holds {
            held.continuation.yield()
            _ = await released.stream.first { true }
        }
        return Response(
            status: response.status, headers: response.headers.withoutFraming,
            body: .init(byteBuffer: ByteBuffer(bytes: response.body)))
    }
}

extension HTTPFields {
    /// These fields without those that frame a message, which each connection makes anew.
    fileprivate var withoutFraming: HTTPFields {
        filter { ![.contentLength, .transferEncoding, .connection].contains($0.name) }
    }
}

/// Runs `body` with an interposer before the service at the address `target`, and with the interposer's own address.
public func withInterposer<Result: Sendable>(
    before target: String, _ body: (InterruptibleProxy, String) async throws -> Result
) async throws -> Result {
    let interposer = InterruptibleProxy(before: target)
    return try await interposer.serve { try await body(interposer, $0) }
}
