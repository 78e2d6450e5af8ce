public import Hummingbird
public import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// HTTP/1.1 connections behind `ConnectionGuard`. An idle connection has no task.
struct GuardedHTTP1Channel: ServerChildChannel {
    /// A connection, as the server accepts it.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
    }

    /// The sizes of the buffer that each connection keeps. Most requests fit into the first one.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 65536)

    private let limits: ConnectionLimits
    private let handler: RequestHandler
    private let register: ConnectionRegister
    private let admissionLimits: AdmissionLimits
    private let date = ResponseDate(clock: .system)
    private let onShutdown: @Sendable () -> Void

    /// - Parameters:
    ///   - readDelay: How long reads of the service's database wait.
    ///   - onShutdown: Called when the shutdown begins and connections are open. Handlers do not learn of the shutdown
    ///     otherwise, because their tasks are not those of the server.
    init(
        limits: ConnectionLimits, handler: @escaping RequestHandler,
        readDelay: @escaping @Sendable () -> Duration = { .zero }, onShutdown: @escaping @Sendable () -> Void = {}
    ) {
        self.limits = limits
        self.handler = handler
        self.onShutdown = onShutdown
        register = ConnectionRegister(limits: limits)
        admissionLimits = AdmissionLimits(limits, readDelay: readDelay)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            let connection = ConnectionGuard(
                limits: limits, admission: admissionLimits.of(channel.eventLoop), register: register, date: date,
                logger: logger, handler: handler)
            try register.admit(connection, on: channel)
            try channel.syncOptions?.setOption(.recvAllocator, value: Self.receiveBuffers)
            let reader = RequestReader(connection: connection, limits: limits)
            connection.reader = reader
            try channel.pipeline.syncOperations.addHandlers(reader, connection)
            return Connection(channel: channel)
        }
    }

    /// Returns when no connection is open and no handler runs, or at once if the task of another connection waits for this.
    func handle(value: Connection, logger: Logger) async {
        await withGracefulShutdownHandler(operation: register.waitUntilEmpty, onGracefulShutdown: onShutdown)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 within the limits that `docs/configuration.md` lists.
    ///
    /// - Parameter responder: The responder of the application. It replaces the one that Hummingbird passes to servers.
    public static func guardedHTTP1<Responder: HTTPResponder>(_ responder: Responder) -> HTTPServerBuilder
    where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        guardedHTTP1(responder, limits: ConnectionLimits())
    }

    static func guardedHTTP1<Responder: HTTPResponder>(
        _ responder: Responder, limits: ConnectionLimits, readDelay: @escaping @Sendable () -> Duration = { .zero },
        onShutdown: @escaping @Sendable () -> Void = {}
    ) -> HTTPServerBuilder where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        HTTPServerBuilder { _ in
            let handler: RequestHandler = { request, channel, logger in
                var logger = logger
                // Hummingbird reads `context.id` from this key. `RequestMiddleware` replaces it.
                logger[metadataKey: "hb.request.id"] = .stringConvertible(RequestID())
                let context = Responder.Context(
                    source: ApplicationRequestContextSource(channel: channel, logger: logger))
                do {
                    return try await responder.respond(to: request, context: context)
                } catch {
                    logger.error("The request failed outside of its middleware.", metadata: ["error": "\(error)"])
                    return Response(status: .internalServerError)
                }
            }
            return GuardedHTTP1Channel(
                limits: limits, handler: handler, readDelay: readDelay, onShutdown: onShutdown)
        }
    }
}
