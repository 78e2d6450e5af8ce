import Configuration
import Dispatch
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct ServiceApplicationTests {
    @Test func `a server that was busy accepts all waiting connections at once`() async throws {
        let application = try await EchoService.buildApplication(
            reader: ConfigReader(environment: ["PORT": "0", "LOG_LEVEL": "critical"]), clock: .system)
        let (batches, batch) = AsyncStream.makeStream(of: Int.self)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptedConnections(batch))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        await application.onServerRunning(server)

        let (busy, becomeBusy) = AsyncStream.makeStream(of: Void.self)
        let isFree = DispatchSemaphore(value: 0)
        server.eventLoop.execute {
            becomeBusy.finish()
            isFree.wait()
        }
        for await _ in busy {}
        let address = try #require(server.localAddress)
        var clients: [any Channel] = []
        for _ in 0..<100 {
            clients.append(
                try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(to: address).get())
        }
        isFree.signal()
        var sizes = batches.makeAsyncIterator()
        let firstSize = await sizes.next()
        #expect(firstSize == clients.count)

        for client in clients { try await client.close() }
        try await server.close()
        try await group.shutdownGracefully()
    }
}

/// Tells how many connections a server accepts at once.
private final class AcceptedConnections: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let batch: AsyncStream<Int>.Continuation
    private var count = 0

    init(_ batch: AsyncStream<Int>.Continuation) {
        self.batch = batch
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += 1
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        batch.yield(count)
        count = 0
        context.fireChannelReadComplete()
    }
}
