public import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 connections that stay in memory until they are closed.
///
/// The server never handles a connection that it accepts during the shutdown. It releases the connection while it is
/// still open. SwiftNIO treats this release as a programming error and ends the process, together with its unfinished
/// requests.
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
    /// An HTTP/1.1 server whose shutdown is safe while clients connect.
    public static func retainedHTTP1(configuration: HTTP1Channel.Configuration = .init()) -> HTTPServerBuilder {
        HTTPServerBuilder { RetainedConnections(HTTP1Channel(responder: $0, configuration: configuration)) }
    }
}
