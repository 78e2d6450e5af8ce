public import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 connections that are kept in memory until they are closed.
///
/// A connection that is accepted while the server shuts down is never handled: the server drops it while it is still open.
/// SwiftNIO takes that for an error of the program and ends the process, and with it the requests under way.
struct RetainedConnections: ServerChildChannel {
    private let connections: HTTP1Channel

    init(_ connections: HTTP1Channel) {
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        connections.setup(channel: channel, logger: logger).map { connection in
            channel.closeFuture.whenComplete { _ in withExtendedLifetime(connection) {} }
            return connection
        }
    }

    func handle(value connection: HTTP1Channel.Value, logger: Logger) async {
        await connections.handle(value: connection, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 whose shutdown no late connection can disturb.
    public static func retainedHTTP1(configuration: HTTP1Channel.Configuration = .init()) -> HTTPServerBuilder {
        HTTPServerBuilder { RetainedConnections(HTTP1Channel(responder: $0, configuration: configuration)) }
    }
}
