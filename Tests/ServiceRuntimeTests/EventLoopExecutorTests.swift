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

    @Test func `work that has begun goes before new work`() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = EventLoopExecutor(eventLoop)
        let (steps, step) = AsyncStream.makeStream(of: String.self)
        try await eventLoop.submit {
            executor.whenIdle { _ in step.yield("new, idle") }
            Task(executorPreference: executor) { step.yield("task 1") }
            executor.whenIdle { _ in step.yield("new, 1") }
            executor.whenIdle { delay in
                step.yield(delay > .zero ? "new, 2" : "no delay")
                step.finish()
            }
            Task(executorPreference: executor) { step.yield("task 2") }
        }.get()
        let order = await steps.reduce(into: []) { $0.append($1) }
        #expect(order == ["new, idle", "task 1", "task 2", "new, 1", "new, 2"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `new work begins while tasks always have work`() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = EventLoopExecutor(eventLoop)
        let begun = Mutex(0)
        let busy = Task(executorPreference: executor) {
            while begun.withLock({ $0 < 2 }) { await Task.yield() }
        }
        try await eventLoop.submit {
            for _ in 0..<2 { executor.whenIdle { _ in begun.withLock { $0 += 1 } } }
        }.get()
        await busy.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `new work waits while there is no room for it, and tasks do not`() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let hasRoom = Mutex(false)
        let executor = EventLoopExecutor(eventLoop) { hasRoom.withLock { $0 } }
        let (steps, step) = AsyncStream.makeStream(of: String.self)
        try await eventLoop.submit {
            executor.whenIdle { delay in
                step.yield(delay > .zero ? "new" : "no delay")
                step.finish()
            }
        }.get()
        await Task(executorPreference: executor) { _ = step.yield("task") }.value
        hasRoom.withLock { $0 = true }
        let order = await steps.reduce(into: []) { $0.append($1) }
        #expect(order == ["task", "new"])
    }

    @Test func `the newest work begins first in an overload`() async throws {
        let order = try await beginnings {
            $0.tolerableQueueTime = .zero
            $0.maximumQueueTime = .hours(1)
        }
        #expect(order == [3, 2, 1])
    }

    @Test func `work begins in its order without an overload`() async throws {
        let order = try await beginnings {
            $0.tolerableQueueTime = .hours(1)
            $0.maximumQueueTime = .hours(1)
        }
        #expect(order == [1, 2, 3])
    }

    /// The order in which three pieces of work begin that have waited for a millisecond or longer.
    private func beginnings(_ change: (inout ConnectionLimits) -> Void) async throws -> [Int] {
        var limits = ConnectionLimits()
        change(&limits)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let hasRoom = Mutex(false)
        let (steps, step) = AsyncStream.makeStream(of: Int.self)
        let executor = EventLoopExecutor(eventLoop, limits: limits) { hasRoom.withLock { $0 } }
        try await eventLoop.submit {
            for number in 1...3 { executor.whenIdle { _ in step.yield(number) } }
            while executor.delay < .milliseconds(1) {}
            hasRoom.withLock { $0 = true }
        }.get()
        return await steps.prefix(3).reduce(into: []) { $0.append($1) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `work that has waited too long ends, even without room and while tasks always have work`() async throws {
        var limits = ConnectionLimits()
        limits.maximumQueueTime = .milliseconds(1)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let executor = EventLoopExecutor(eventLoop, limits: limits) { false }
        let ended = Mutex(0)
        let busy = Task(executorPreference: executor) {
            while ended.withLock({ $0 < 100 }) { await Task.yield() }
        }
        try await eventLoop.submit {
            for _ in 0..<100 {
                executor.whenIdle { delay in
                    #expect(delay > .milliseconds(1))
                    ended.withLock { $0 += 1 }
                }
            }
        }.get()
        await busy.value
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
