import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct GracefulShutdownTests {
    /// What the client does while its request is handled.
    enum Client: CaseIterable { case waits, hangsUp }

    @Test(arguments: Client.allCases)
    func `a shutdown waits for the handlers before other services stop`(_ behavior: Client) async throws {
        let events = Mutex<[String]>([])
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await serve(database: ShutdownHook { events.withLock { $0.append("the database is closed") } }) { router in
            router.get("held") { _, _ in
                begin.yield()
                for await _ in held {}
                events.withLock { $0.append("the handler ends") }
                return "held"
            }
        } _: { port, group in
            let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port).get()
            try await client.writeAndFlush(ByteBuffer(string: "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"))
            for await _ in begun { break }
            if behavior == .hangsUp { try await client.close() }
            await group.triggerGracefulShutdown()
            try await refusesConnections(port)
            release.finish()
        }
        #expect(events.withLock { $0 } == ["the handler ends", "the database is closed"])
    }

    @Test func `idle connections are closed at a shutdown`() async throws {
        try await serve { _ in
        } _: { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost: a\r\n\r\n")
                try await connection.readResponses(1)
                await group.triggerGracefulShutdown()
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
            }
        }
    }

    @Test func `a request that a shutdown interrupts gets its response and the end of the connection`() async throws {
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await serve { router in
            router.get("held") { _, _ in
                begin.yield()
                for await _ in held {}
                return "held"
            }
        } _: { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
                for await _ in begun { break }
                await group.triggerGracefulShutdown()
                try await refusesConnections(port)
                release.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
                #expect(connection.received.contains("Connection: close\r\n"))
            }
        }
    }

    @Test func `a server that is cancelled cancels its handlers`() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let running = Mutex<Task<Void, any Error>?>(nil)
        try await serve(running: running) { router in
            router.get("endless") { _, _ in
                begin.yield()
                // Ends when the task is cancelled.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                return "\(Task.isCancelled)"
            }
        } _: { port, _ in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
                for await _ in begun { break }
                running.withLock { $0 }?.cancel()
                try await connection.readToEnd()
                #expect(connection.received.hasSuffix("\r\n\r\ntrue"))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that is cancelled ends a rejected request whose body has not come`() async throws {
        let running = Mutex<Task<Void, any Error>?>(nil)
        var limits = ConnectionLimits()
        limits.maximumRequestsInFlight = 0
        limits.bodyTime = .hours(1)
        try await serve(limits: limits, running: running) { _ in
        } _: { port, _ in
            try await RawConnection.open(port: port) { connection in
                let head = "/scope HTTP/1.1\r\nHost: a\r\n"
                try await connection.send("GET \(head)\r\nPOST \(head)Content-Length: 10\r\n\r\n")
                try await connection.readResponses(1)
                running.withLock { $0 }?.cancel()
                try await connection.readToEnd()
                #expect(connection.statuses == ["503"])
            }
        }
    }

    /// Waits until nothing listens on a port.
    private func refusesConnections(_ port: Int) async throws {
        let isRefused = try await eventually {
            do {
                try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .connect(host: "127.0.0.1", port: port).get().close()
                return false
            } catch {
                return true
            }
        }
        #expect(isRefused)
    }

    /// Calls `body` with the port of a service and the group that runs it, and waits for the end of the group.
    private func serve(
        database: ShutdownHook = ShutdownHook {}, limits: ConnectionLimits = ConnectionLimits(),
        running: borrowing Mutex<Task<Void, any Error>?> = Mutex(nil),
        _ addRoutes: (Router<PlainContext>) -> Void, _ body: (Int, ServiceGroup) async throws -> Void
    ) async throws {
        let router = Router(context: PlainContext.self)
        router.get("scope") { _, _ in "scope" }
        addRoutes(router)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let responder = router.buildResponder()
        let application = Application(
            responder: responder, server: .guardedHTTP1(responder, limits: limits),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), services: [database],
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: application)], logger: application.logger))
        let task = Task { try await group.run() }
        running.withLock { $0 = task }
        let port = try #require(await ports.first { _ in true })
        try await body(port, group)
        _ = await task.result
    }
}
