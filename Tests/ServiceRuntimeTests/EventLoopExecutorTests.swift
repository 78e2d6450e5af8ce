import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import ServiceRuntime

@Suite struct EventLoopExecutorTests {
    /// Knows whether a connection has received bytes.
    private final class Receiver: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let hasReceived = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { hasReceived.withLock { $0 = true } }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an event loop reads from its sockets while its tasks always have work`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let receiver = Receiver()
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { $0.pipeline.addHandler(receiver) }
            .bind(host: "127.0.0.1", port: 0).get()
        let executor = EventLoopExecutor(group.next())
        let busy = (0..<2).map { _ in
            Task(executorPreference: executor) {
                while !receiver.hasReceived.withLock({ $0 }) { await Task.yield() }
            }
        }
        try await RawConnection.open(port: try #require(server.localAddress?.port)) { connection in
            try await connection.send("a")
            for task in busy { await task.value }
        }
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test func `all tasks run on the event loop, wherever they come from`() async {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = EventLoopExecutor(eventLoop)
        let count = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    await Task(executorPreference: executor) {
                        let began = eventLoop.inEventLoop
                        await Task.yield()
                        return began && eventLoop.inEventLoop
                    }.value
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count == 1000)
    }
}
