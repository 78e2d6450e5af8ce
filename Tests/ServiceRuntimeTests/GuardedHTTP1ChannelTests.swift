import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTesting
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct GuardedHTTP1ChannelTests {
    @Test func `a request is handled on an event loop, also after it has waited for something else`() async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("loops") { _, _ in
                let before = MultiThreadedEventLoopGroup.currentEventLoop
                await Task.detached {}.value
                let after = MultiThreadedEventLoopGroup.currentEventLoop
                return "\(before != nil && before === after)"
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            let body = try await client.execute(uri: "/loops", method: .get) { String(buffer: $0.body) }
            #expect(body == "true")
        }
    }

    @Test func `a router without the middleware of services has ids of requests`() async throws {
        await #expect(processExitsWith: .success) {
            let router = Router(context: PlainContext.self)
            router.get("id") { _, context in context.id }
            let responder = router.buildResponder()
            let application = Application(responder: responder, server: .guardedHTTP1(responder))
            try await application.test(.live) { client in
                let id = try await client.execute(uri: "/id", method: .get) { String(buffer: $0.body) }
                precondition(!id.isEmpty)
            }
        }
    }

    @Test func `requests that are sent together leave turns to other connections`() throws {
        let channel = EmbeddedChannel()
        let limits = ConnectionLimits()
        let handled = Mutex(0)
        let connection = ConnectionGuard(
            limits: limits, admission: AdmissionLimit(limits, executor: EventLoopExecutor(channel.eventLoop)),
            register: ConnectionRegister(limits: limits), date: ResponseDate(clock: .system),
            logger: Logger(label: "test")
        ) { _, _, _ in
            handled.withLock { $0 += 1 }
            return Response(status: .ok)
        }
        let reader = RequestReader(connection: connection, limits: limits)
        connection.reader = reader
        try channel.pipeline.syncOperations.addHandlers(reader, connection)
        let requests = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 100)
        try channel.writeInbound(ByteBuffer(string: requests))
        // An event loop runs the work that is due before it looks at its sockets.
        channel.embeddedEventLoop.run()
        #expect((1..<50).contains(handled.withLock { $0 }))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(handled.withLock { $0 } == 100)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a read is cancelled when its caller stops waiting`() async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("held") { _, _ in
                for await _ in AsyncStream<Void>.makeStream().stream {}
                try Task.checkCancellation()
                return "held"
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            let response = try await client.send(.get, "/held", headers: [.requestTimeout: "100"])
            #expect(response.status == 503)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [HTTPRequest.Method.get, .post])
    func `a handler is cancelled when its connection is reset only if it reads`(
        method: HTTPRequest.Method
    ) async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (results, end) = AsyncStream.makeStream(of: Bool.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.on("held", method: method) { _, _ in
                begin.yield()
                try? await ClientConnection.cancellingOnClose {
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                }
                end.yield(Task.isCancelled)
                return "held"
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: try #require(client.port)).get()
            try await channel.writeAndFlush(ByteBuffer(string: "\(method) /held HTTP/1.1\r\nHost: a\r\n\r\n"))
            for await _ in begun { break }
            try await channel.reset()
            for await isCancelled in results {
                #expect(isCancelled == (method == .get))
                break
            }
        }
    }

    @Test func `a connection that is accepted and never handled does not end the process`() async {
        await #expect(processExitsWith: .success) {
            try await abandonConnection(
                of: GuardedHTTP1Channel(limits: ConnectionLimits()) { _, _, _ in Response(status: .ok) })
        }
    }
}

/// Accepts a connection, never handles it, and closes it. This happens to a connection that is accepted during a shutdown.
private func abandonConnection(of connections: some ServerChildChannel) async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0) { channel in
        connections.setup(channel: channel, logger: Logger(label: "test"))
    }
    let address = try #require(server.channel.localAddress)
    let client = try await ClientBootstrap(group: group).connect(to: address).get()
    try await server.executeThenClose { accepted in
        for try await _ in accepted { break }
    }
    try await client.close()
}
