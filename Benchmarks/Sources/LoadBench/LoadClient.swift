import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A client that sends each request at once: over an idle connection, or over a new one if none is idle. So requests wait
/// for the services, and never for the client.
///
/// All connections belong to one event loop, which leaves the other cores to the services.
final class LoadClient: Sendable {
    /// The connections that are opened from each local address. A service accepts more from different addresses.
    private static let connectionsPerAddress = 500
    private static let timeout = TimeAmount.seconds(10)

    private struct State {
        var idle: [Int: [LoadConnection]] = [:]
        var opened = 0
    }

    /// The time at which the request of the current task is to be sent; nil outside of a load.
    @TaskLocal static var dueTime: ContinuousClock.Instant?

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let delays = Mutex(Responses.noTimes)
    private let state = Mutex(State())

    func shutdown() async throws {
        try await group.shutdownGracefully()
    }

    /// Sends a request to a port of this machine and returns its response.
    ///
    /// - Throws: An error of SwiftNIO; `LoadError` when the response takes too long.
    func send(_ head: HTTPRequestHead, body: String?, port: Int) async throws -> ReceivedResponse {
        let connection = try await connection(port: port)
        let (response, sendTime) = try await connection.send(head, body: body, timeout: Self.timeout)
        if let dueTime = Self.dueTime {
            let delay = max(0, Int((sendTime - dueTime) / .microseconds(1)))
            delays.withLock { _ = $0.record(UInt64(delay)) }
        }
        if response.keepsConnection { state.withLock { $0.idle[port, default: []].append(connection) } }
        return response
    }

    /// How late the requests were sent since the last call, in microseconds. It is the client that delays them, or a service that
    /// lets a connection wait.
    func takeDelays() -> Responses.Times {
        delays.withLock { delays in
            defer { delays = Responses.noTimes }
            return delays
        }
    }

    private func connection(port: Int) async throws -> LoadConnection {
        let (idle, number) = state.withLock { state in
            while let connection = state.idle[port]?.popLast() {
                if connection.isActive { return (LoadConnection?.some(connection), 0) }
            }
            state.opened += 1
            return (nil, state.opened)
        }
        if let idle { return idle }
        let address = "127.0.\(2 + number / Self.connectionsPerAddress % 250).1"
        let channel = try await ClientBootstrap(group: group)
            .bind(to: SocketAddress(ipAddress: address, port: 0))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ResponseHandler())
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return LoadConnection(channel: channel)
    }
}

/// A connection that makes one request at a time.
struct LoadConnection: Sendable {
    let channel: any Channel

    var isActive: Bool { channel.isActive }

    /// Sends a request and returns its response, with the time at which the request was sent.
    func send(
        _ head: HTTPRequestHead, body: String?, timeout: TimeAmount
    ) async throws -> (ReceivedResponse, ContinuousClock.Instant) {
        let channel = channel
        return try await channel.eventLoop.flatSubmit {
            let promise = channel.eventLoop.makePromise(of: ReceivedResponse.self)
            let sendTime = ContinuousClock.now
            let result = promise.futureResult.map { ($0, sendTime) }
            let late = channel.eventLoop.scheduleTask(in: timeout) {
                promise.fail(LoadError("The response takes too long."))
                channel.close(promise: nil)
            }
            promise.futureResult.whenComplete { _ in late.cancel() }
            do {
                let handler = try channel.pipeline.syncOperations.handler(type: ResponseHandler.self)
                handler.begin(promise)
            } catch {
                promise.fail(error)
                return result
            }
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            if let body {
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
            }
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            return result
        }.get()
    }
}

/// Collects the response to the request of a connection.
private final class ResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var promise: EventLoopPromise<ReceivedResponse>?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    func begin(_ promise: EventLoopPromise<ReceivedResponse>) {
        self.promise = promise
        head = nil
        body = ByteBuffer()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var bytes): body.writeBuffer(&bytes)
        case .end:
            guard let head, let promise else { return context.close(promise: nil) }
            self.promise = nil
            promise.succeed(
                ReceivedResponse(
                    status: Int(head.status.code), body: Data(body.readableBytesView), keepsConnection: head.isKeepAlive
                ))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise?.fail(ChannelError.eof)
        promise = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
