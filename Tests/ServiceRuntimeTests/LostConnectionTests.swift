import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite struct LostConnectionTests {
    @Test func `a handler that ends after the connection was lost leaves no request in flight`() async throws {
        let connection = try EmbeddedConnection { _ in Response(status: .ok) }
        try connection.receive(.GET)
        try connection.receive(.GET)
        #expect(connection.admission.requestsInFlight == 1)
        connection.channel.pipeline.fireChannelInactive()
        #expect(connection.admission.requestsInFlight == 0)
        connection.release()
        #expect(connection.admission.requestsInFlight == 0)
        #expect(connection.handledRequests == 1)
    }

    @Test func `a body that no handler asks for is held back`() throws {
        let connection = try EmbeddedConnection { request in
            _ = try? await request.body.collect(upTo: 1 << 20)
            return Response(status: .ok)
        }
        try connection.receive(.POST, body: 1 << 16)
        #expect(connection.handler.isBehind)
        connection.release()
        #expect(!connection.handler.isBehind)
        try connection.finish()
        try connection.receive(.POST, body: 1 << 16)
        #expect(connection.handler.isBehind)
    }

    @Test func `requests are decoded again as soon as all responses are written`() throws {
        let connection = try EmbeddedConnection { _ in Response(status: .ok) }
        connection.socket.isFull = true
        try connection.receive(.GET)
        connection.release()
        #expect(connection.handler.isBehind)
        connection.socket.isFull = false
        connection.channel.flush()
        #expect(!connection.handler.isBehind)
    }

    @Test func `a stall ends with the bytes that are written during it`() throws {
        let connection = try EmbeddedConnection { _ in Response(status: .ok) }
        connection.socket.isFull = true
        try connection.receive(.GET)
        try connection.receive(.GET)
        connection.release()
        connection.release()
        #expect(connection.handler.isBehind)
        connection.socket.isFull = false
        connection.channel.flush()
        #expect(!connection.handler.isBehind)
    }

    @Test func `a head has no time limit while the client does not read the responses`() throws {
        let connection = try EmbeddedConnection(limits: { $0.headTime = .zero }) { _ in Response(status: .ok) }
        connection.socket.isFull = true
        try connection.receive(.GET)
        connection.release()
        connection.handler.bytesArrived()
        connection.channel.embeddedEventLoop.advanceTime(to: .now())
        connection.socket.isFull = false
        connection.channel.flush()
        #expect(try connection.responses() == ["200"])
        // Now the client has the whole time.
        connection.channel.embeddedEventLoop.advanceTime(to: .now())
        #expect(try connection.responses() == ["408"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a body that is asked for after the response ends with an error`() async throws {
        let requests = Mutex<Request?>(nil)
        let connection = try EmbeddedConnection { request in
            requests.withLock { $0 = request }
            return Response(status: .ok)
        }
        try connection.receive(.POST, body: 3)
        connection.release()
        let request = try #require(requests.withLock { $0 })
        let reading = Task.immediate { try await request.body.collect(upTo: 10) }
        await #expect(throws: ChannelError.self) { try await reading.value }
    }

    @Test func `a request is not rejected at the end of a body for which its handler does not wait`() throws {
        let connection = try EmbeddedConnection(limits: { $0.maximumRequestsInFlight = 2 }) { request in
            let body = try? await request.body.collect(upTo: 1 << 20)
            return Response(status: body?.readableBytes == 3 ? .ok : .serviceUnavailable)
        }
        try connection.receive(.POST, body: 3)
        // Requests of other connections.
        connection.admission.requestsInFlight += 2
        try connection.finish()
        connection.release()
        let response = try #require(try connection.channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: response).hasPrefix("HTTP/1.1 200 "))
    }
}

/// Keeps the bytes of a connection back while it is full.
private final class EmbeddedSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var isFull = false

    func flush(context: ChannelHandlerContext) {
        if !isFull { context.flush() }
    }
}

/// A connection without a socket. Each handler waits for `release` first.
private final class EmbeddedConnection {
    let channel = EmbeddedChannel()
    let admission: AdmissionLimit
    let handler: ConnectionGuard
    let socket = EmbeddedSocket()
    private let waiting: Waiting

    final class Waiting: Sendable {
        let state = Mutex<(continuation: CheckedContinuation<Void, Never>?, count: Int)>((nil, 0))
    }

    init(
        limits changeLimits: (inout ConnectionLimits) -> Void = { _ in },
        _ respond: @escaping @Sendable (Request) async -> Response
    ) throws {
        var limits = ConnectionLimits()
        changeLimits(&limits)
        let waiting = Waiting()
        self.waiting = waiting
        admission = AdmissionLimit(limits, executor: EventLoopExecutor(channel.eventLoop))
        handler = ConnectionGuard(
            limits: limits, admission: admission, register: ConnectionRegister(limits: limits),
            date: ResponseDate(clock: .system), logger: Logger(label: "test")
        ) { request, _, _ in
            await withCheckedContinuation { continuation in
                waiting.state.withLock { $0 = (continuation, $0.count + 1) }
            }
            return await respond(request)
        }
        try channel.pipeline.syncOperations.addHandlers(socket, handler)
    }

    /// The status codes of the responses since the last call.
    func responses() throws -> [String] {
        var statuses: [String] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            let parts = String(buffer: bytes).components(separatedBy: "HTTP/1.1 ")
            statuses += parts.dropFirst().map { String($0.prefix(3)) }
        }
        return statuses
    }

    /// How many handlers have begun.
    var handledRequests: Int { waiting.state.withLock { $0.count } }

    /// Receives a request: the whole of it, or with a body of this many bytes and without its end.
    func receive(_ method: HTTPMethod, body bytes: Int? = nil) throws {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: "/", headers: ["host": "a"])
        if bytes != nil { head.headers.add(name: "transfer-encoding", value: "chunked") }
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        if let bytes {
            try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(repeating: 7, count: bytes)))
        } else {
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
        }
        handler.handleRequests()
    }

    /// Receives the end of the last request.
    func finish() throws {
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        channel.embeddedEventLoop.run()
    }

    /// Lets the handler that waits go on.
    func release() {
        waiting.state.withLock { $0.continuation.take() }?.resume()
        channel.embeddedEventLoop.run()
    }
}
