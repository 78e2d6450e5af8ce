public import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// HTTP/1.1 connections of Hummingbird behind `ConnectionGuard`.
///
/// The server drops a connection that it accepts during a shutdown, although the connection is open. SwiftNIO (2.101.2) then
/// ends the process. So the channel keeps each connection in memory until it is closed.
struct GuardedHTTP1Channel: HTTPChannelHandler {
    /// A connection, as the server handles it.
    struct Value: ServerChildChannelValue {
        let requests: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let client: ClientConnection

        var channel: any Channel { requests.channel }
    }

    /// The sizes of the buffer that each connection keeps. Most requests fit into the first one.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 65536)

    let responder: Responder
    private let limits: ConnectionLimits
    private let register: ConnectionRegister
    private let admissionLimits: AdmissionLimits

    init(responder: @escaping Responder, limits: ConnectionLimits) {
        self.responder = responder
        self.limits = limits
        register = ConnectionRegister(limits: limits)
        admissionLimits = AdmissionLimits(limits)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try register.admit(channel)
            try channel.syncOptions?.setOption(.recvAllocator, value: Self.receiveBuffers)
            let connection = ConnectionGuard(
                limits: limits, admission: admissionLimits.of(channel.eventLoop), logger: logger)
            let reader = RequestReader(connection: connection, limits: limits)
            connection.attach(reader)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers(HTTPResponseEncoder(), reader, connection)
            let client = ClientConnection()
            try pipeline.addHandler(ClientConnectionHandler(client))
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(HTTPConnectionStateHandler(logger: logger))
            let value = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            channel.closeFuture.whenComplete { _ in withExtendedLifetime(value) {} }
            return Value(requests: value, client: client)
        }
    }

    func handle(value connection: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(connection.channel.eventLoop)) {
            await ClientConnection.$current.withValue(connection.client) {
                await handleHTTP(asyncChannel: connection.requests, logger: logger)
            }
        }
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 within the limits that `docs/configuration.md` lists.
    public static func guardedHTTP1() -> HTTPServerBuilder {
        guardedHTTP1(limits: ConnectionLimits())
    }

    static func guardedHTTP1(limits: ConnectionLimits) -> HTTPServerBuilder {
        HTTPServerBuilder { GuardedHTTP1Channel(responder: $0, limits: limits) }
    }
}
