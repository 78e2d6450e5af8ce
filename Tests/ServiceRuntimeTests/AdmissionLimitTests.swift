import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import ServiceRuntime

private let get = "GET /scope HTTP/1.1\r\nHost: a\r\n\r\n"
private let alive = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
private let form = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"

@Suite struct AdmissionLimitTests {
    @Test func `a service that is overloaded responds with 503 and keeps the connection`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc\r\n\r\n")
                try await connection.readResponses(1)
                for text in [
                    "HTTP/1.1 503 Service Unavailable\r\n", "content-type: application/problem+json\r\n",
                    "retry-after: 1\r\n", "x-request-id: abc\r\n", "cache-control: no-store\r\n",
                    #""code":"overloaded""#, #""request_id":"abc""#, #""status":503"#,
                ] {
                    #expect(connection.received.contains(text))
                }
                #expect(!connection.received.contains("connection: close"))
                try await connection.send(get)
                try await connection.readResponses(2)
                #expect(connection.statuses == ["503", "503"])
            }
        }
    }

    @Test(arguments: ["/healthz", "/readyz", "/metrics", "/healthz?from=probe"])
    func `the operations routes are served in an overload`(target: String) async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(get + "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" + get)
                try await connection.readResponses(3)
                #expect(connection.statuses == ["503", "200", "503"])
            }
        }
    }

    @Test(arguments: ["/healthzz", "/healthz/more", "/metric"])
    func `a path that only resembles an operations route is rejected in an overload`(path: String) async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                try await connection.readResponses(1)
                #expect(connection.statuses == ["503"])
            }
        }
    }

    @Test func `the body of a rejected request is dropped`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("\(form)Content-Length: 10\r\n\r\n01234")
                try await connection.send("56789" + "\(form)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
                try await connection.send("0\r\n\r\n" + alive)
                try await connection.readResponses(3)
                #expect(connection.statuses == ["503", "503", "200"])
            }
        }
    }

    @Test func `a rejected client that holds its body back gets 503 and the end of the connection`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("\(form)Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
                try await connection.readToEnd()
                #expect(connection.statuses == ["503"])
                #expect(connection.received.contains("connection: close"))
            }
        }
    }

    static let brokenBodies = [
        ("Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", "400"),
        (
            "Transfer-Encoding: chunked\r\n\r\n\(String(1 << 21, radix: 16))\r\n\(String(repeating: "a", count: 1 << 21))",
            "413"
        ),
    ]

    @Test(arguments: brokenBodies)
    func `the body of a rejected request is held to the limits`(body: String, status: String) async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(form + body)
                try await connection.readToEnd()
                #expect(connection.statuses == [status])
            }
        }
    }

    @Test func `a rejected request whose client hangs up inside the body ends the connection`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("\(form)Content-Length: 10\r\n\r\n01234")
                connection.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == ["400"])
            }
        }
    }

    @Test func `a rejected request with Connection close ends the connection after its response`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get)
                try await connection.readToEnd()
                #expect(connection.statuses == ["503"])
                #expect(connection.received.contains("connection: close"))
            }
        }
    }

    @Test func `a rejection of HEAD in an overload has no content`() async throws {
        try await EchoService.serve {
            $0.maximumRequestsInFlight = 0
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("HEAD /scope HTTP/1.1\r\nHost: a\r\n\r\n" + alive)
                try await connection.read { $0.contains("alive") }
                let heads = connection.received.components(separatedBy: "HTTP/1.1 ")
                #expect(connection.statuses == ["503", "200"])
                #expect(heads.count > 1 && heads[1].hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test func `responses keep their order when a request between others is rejected`() async throws {
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("held") { _, _ in
                for await _ in held {}
                return "held"
            }
        }
        try await EchoService.run(.live, limits: { $0.maximumRequestsInFlight = 1 }, addRoutes: addRoutes) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n" + get + alive + get)
                release.finish()
                try await connection.readResponses(4)
                #expect(connection.statuses == ["200", "503", "200", "503"])
                try await connection.send(get)
                try await connection.readResponses(5)
                #expect(connection.statuses.last == "200")
            }
        }
    }

    /// What a slow client sends, and the text that shows that the service waits for the client.
    static let slowClients = [
        ("\(form)Content-Length: 10\r\nExpect: 100-continue\r\n\r\n", "100 Continue"),
        ("PATCH /large HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200"),
    ]

    @Test(arguments: slowClients)
    func `a client that sends or reads slowly holds no part of the limit`(request: String, sign: String) async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.patch("large") { _, _ in String(repeating: "x", count: 1 << 24) }
            _ = router.post("form") { request, _ in String(buffer: try await request.body.collect(upTo: 1 << 20)) }
        }
        try await EchoService.run(.live, limits: { $0.maximumRequestsInFlight = 1 }, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            // More connections than event loops, so each event loop has a slow client.
            try await withSlowClients(2 * System.coreCount, port: port, request: request, sign: sign) {
                for _ in 0..<2 * System.coreCount {
                    try await RawConnection.open(port: port) { connection in
                        try await connection.send(get)
                        try await connection.readResponses(1)
                        #expect(connection.statuses == ["200"])
                    }
                }
            }
        }
    }

    @Test func `requests whose body is withheld are in flight while their handlers work`() async throws {
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let isReleased = Task { for await _ in held {} }
        let (events, happen) = AsyncStream.makeStream(of: String.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.post("form") { _, _ in
                happen.yield("is handled")
                await isReleased.value
                return "handled"
            }
        }
        let count = 4 * System.coreCount
        try await EchoService.run(.live, limits: { $0.maximumRequestsInFlight = 1 }, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await RawConnection.open(port: port) { connection in
                            try await connection.send("\(form)Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
                            try await connection.readResponses(1)
                            if connection.statuses == ["503"] { happen.yield("is rejected") }
                        }
                    }
                }
                var next = events.makeAsyncIterator()
                var handled = 0
                for _ in 0..<count where await next.next() == "is handled" { handled += 1 }
                #expect((1...System.coreCount).contains(handled))
                release.finish()
                try await group.waitForAll()
            }
        }
    }

    @Test func `requests whose bodies end together are rejected beyond the limit`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let bodiesEnd = Task { for await _ in ends {} }
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let isReleased = Task { for await _ in held {} }
        // An event for each request that waits for its body, and then for each that has its body or its rejection.
        let (events, happen) = AsyncStream.makeStream(of: String.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.post("form") { request, _ in
                let body = try await request.bytes(upTo: 1 << 20)
                happen.yield("has its body")
                await isReleased.value
                return String(decoding: body, as: UTF8.self)
            }
        }
        let count = 4 * System.coreCount
        try await EchoService.run(.live, limits: { $0.maximumRequestsInFlight = 1 }, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await RawConnection.open(port: port) { connection in
                            try await connection.send("\(form)Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
                            try await connection.read { $0.contains("100 Continue") }
                            happen.yield("waits for its body")
                            await bodiesEnd.value
                            try await connection.send("abcd")
                            try await connection.readResponses(2)
                            guard connection.statuses.last == "503" else { return }
                            happen.yield("is rejected")
                            #expect(connection.received.lowercased().contains("retry-after: 1\r\n"))
                            try await connection.send(alive)
                            try await connection.readResponses(3)
                            #expect(connection.statuses == ["100", "503", "200"])
                        }
                    }
                }
                var next = events.makeAsyncIterator()
                for _ in 0..<count { #expect(await next.next() == "waits for its body") }
                end.finish()
                var handled = 0
                for _ in 0..<count where await next.next() == "has its body" { handled += 1 }
                #expect(handled <= System.coreCount)
                release.finish()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a connection that is reset gives back its part of the limit`() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("held") { _, _ in
                begin.yield()
                for await _ in held {}
                return "held"
            }
        }
        try await EchoService.run(.live, limits: { $0.maximumRequestsInFlight = 1 }, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /held HTTP/1.1\r\nHost: a\r\n\r\n"))
            for await _ in begun { break }
            try await channel.reset()
            for _ in 0..<2 * System.coreCount {
                let isTaken = try await eventually {
                    try await RawConnection.open(port: port) { connection in
                        try await connection.send(get)
                        try await connection.readResponses(1)
                        return connection.statuses == ["200"]
                    }
                }
                #expect(isTaken)
            }
            release.finish()
        }
    }

    @Test func `requests that wait too long for their event loop are rejected and counted`() async throws {
        let isOver = Mutex(false)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("busy") { _, _ in
                while !isOver.withLock({ $0 }) { await Task.yield() }
                return ""
            }
        }
        let limits: @Sendable (inout ConnectionLimits) -> Void = {
            $0.tolerableQueueTime = .zero
            $0.maximumQueueTime = .nanoseconds(1)
        }
        try await EchoService.run(.live, limits: limits, addRoutes: addRoutes) { client in
            let port = try #require(client.port)
            let busy = "GET /busy HTTP/1.1\r\nHost: a\r\n\r\n"
            // More connections than event loops, so each event loop always has work.
            try await withSlowClients(2 * System.coreCount, port: port, request: alive + busy, sign: "200") {
                try await RawConnection.open(port: port) { connection in
                    let isRejected = try await eventually {
                        try await connection.send(get)
                        try await connection.readResponses(connection.statuses.count + 1)
                        return connection.statuses.last == "503"
                    }
                    #expect(isRejected)
                    // A rejected body that is larger than what the service keeps is read to its end.
                    let body = String(repeating: "x", count: 2 * ConnectionGuard.maximumHeldBytes)
                    try await connection.send("\(form)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                    try await connection.readResponses(connection.statuses.count + 1)
                    #expect(connection.statuses.last == "503")
                    try await connection.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                    try await connection.read { $0.contains(#"http_requests_rejected_total{reason="queue_time"}"#) }
                    #expect(connection.received.contains("# TYPE http_event_loop_delay_seconds histogram"))
                }
                isOver.withLock { $0 = true }
            }
        }
    }

    @Test func `requests are rejected while reads of the database wait too long`() async throws {
        let delay = Mutex(Duration.seconds(1))
        try await EchoService.run(.live, readDelay: { delay.withLock { $0 } }) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                func status() async throws -> String? {
                    try await connection.send(get)
                    try await connection.readResponses(connection.statuses.count + 1)
                    return connection.statuses.last
                }
                let isRejected = try await eventually { try await status() == "503" }
                #expect(isRejected)
                delay.withLock { $0 = .zero }
                let isServed = try await eventually { try await status() == "200" }
                #expect(isServed)
            }
        }
    }

    @Test func `no request begins while reads of the database wait`() async throws {
        // Reads wait until they have been asked for ten times.
        let asked = Mutex(0)
        let readDelay: @Sendable () -> Duration = {
            asked.withLock {
                $0 += 1
                return $0 < 10 ? .milliseconds(100) : .zero
            }
        }
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("asked") { _, _ in "asked \(asked.withLock { $0 }) times" }
        }
        try await EchoService.run(.live, addRoutes: addRoutes, readDelay: readDelay) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send("GET /asked HTTP/1.1\r\nHost: a\r\n\r\n")
                try await connection.read { $0.contains("times") }
                #expect(connection.received.contains("asked 10 times"))
            }
        }
    }

    @Test func `a connection goes on after as many rejections at their turn as it may have open requests`() async throws
    {
        let limits: @Sendable (inout ConnectionLimits) -> Void = { $0.maximumQueueTime = .milliseconds(2) }
        // Reads wait without end, but not long enough for a rejection at the head.
        try await EchoService.run(.live, limits: limits, readDelay: { .milliseconds(1) }) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                let count = ConnectionLimits().maximumUnansweredRequests + 1
                try await connection.send(String(repeating: get, count: count))
                try await connection.readResponses(count)
                #expect(connection.statuses == Array(repeating: "503", count: count))
                try await connection.send(alive)
                try await connection.readResponses(count + 1)
                #expect(connection.statuses.last == "200")
            }
        }
    }

    @Test func `the time that a request has waited is taken off the time for which its caller waits`() async throws {
        let wait = Duration.milliseconds(50)
        let isAsked = Mutex<ContinuousClock.Instant?>(nil)
        // Reads wait for a while from when they are asked for first.
        let readDelay: @Sendable () -> Duration = {
            let first = isAsked.withLock { first in
                first = first ?? .now
                return first ?? .now
            }
            return .now - first < wait ? wait : .zero
        }
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("deadline") { request, _ in request.headers[.requestTimeout] ?? "none" }
        }
        try await EchoService.run(.live, addRoutes: addRoutes, readDelay: readDelay) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send("GET /deadline HTTP/1.1\r\nHost: a\r\nX-Request-Timeout: 600000\r\n\r\n")
                try await connection.readResponses(1)
                let body = connection.received.components(separatedBy: "\r\n\r\n").last
                let left = try #require(body.flatMap { Int($0) })
                #expect((1...599_990).contains(left))
            }
        }
    }

    @Test func `a request that has waited too long is rejected`() async throws {
        var limits = ConnectionLimits()
        limits.maximumQueueTime = .milliseconds(1)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let (turns, turn) = AsyncStream.makeStream(of: Bool.self)
        try await eventLoop.submit { [limits] in
            let executor = EventLoopExecutor(eventLoop, limits: limits) { false }
            let limit = AdmissionLimit(limits, executor: executor)
            #expect(limit.admitsRequest())
            limit.whenIdle(timeout: nil) { turn.yield($0) }
        }.get()
        #expect(await turns.first { _ in true } == false)
    }

    @Test(arguments: [(Int64(1), false), (600_000, true)])
    func `a request begins only if its caller still waits`(timeoutMilliseconds: Int64, begins: Bool) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let hasRoom = Mutex(false)
        let (turns, turn) = AsyncStream.makeStream(of: Bool.self)
        try await eventLoop.submit {
            let executor = EventLoopExecutor(eventLoop) { hasRoom.withLock { $0 } }
            let limit = AdmissionLimit(ConnectionLimits(), executor: executor)
            limit.whenIdle(timeout: .milliseconds(timeoutMilliseconds)) { turn.yield($0) }
            while executor.delay <= .milliseconds(1) {}
            hasRoom.withLock { $0 = true }
        }.get()
        #expect(await turns.first { _ in true } == begins)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a request that was admitted begins although reads of the database wait without end`() async throws {
        let isAsked = Mutex(false)
        // Reads begin to wait when the request has been admitted.
        let readDelay: @Sendable () -> Duration = {
            isAsked.withLock { wasAsked in
                defer { wasAsked = true }
                return wasAsked ? .seconds(3600) : .zero
            }
        }
        try await EchoService.run(.live, readDelay: readDelay) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send(get)
                try await connection.readResponses(1)
                #expect(connection.statuses == ["200"])
            }
        }
    }

    private func withSlowClients(
        _ count: Int, port: Int, request: String, sign: String, _ body: () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        try await RawConnection.open(port: port) { connection in
            try await connection.send(request)
            try await connection.read { $0.contains(sign) }
            try await withSlowClients(count - 1, port: port, request: request, sign: sign, body)
        }
    }
}
