import NIOCore
import NIOPosix

/// A TCP server for one kind of connection.
struct TCPListener {
    let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(_ connect: @escaping @Sendable (any Channel) -> Void) async throws
        -> TCPListener
    {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.scheduleTask(in: .milliseconds(10)) { connect(channel) }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TCPListener(channel: channel)
    }

    func stop() async throws {
        try await channel.close()
    }
}
