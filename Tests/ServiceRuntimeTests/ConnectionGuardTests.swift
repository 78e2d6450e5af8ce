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

@Suite struct ConnectionGuardTests {
    @Test func `a request to upgrade is answered and the connection goes on`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                let upgrade =
                    "GET /scope HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
                try await connection.send(upgrade)
                try await connection.readResponses(1)
                try await connection.send(upgrade + get)
                try await connection.readResponses(3)
                #expect(connection.statuses == ["200", "200", "200"])
            }
        }
    }

    @Test func `a request to upgrade with a body is read to its end`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
                        + "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n"
                        + #"{"text":"body","number":1}"# + get)
                try await connection.readResponses(2)
                #expect(connection.statuses == ["200", "200"])
                #expect(connection.received.contains("body"))
            }
        }
    }

    @Test(arguments: ["/scope", "/nope", "/echo", "/healthz"])
    func `a response to HEAD has no content`(path: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("HEAD \(path) HTTP/1.1\r\nHost: a\r\n\r\n" + get)
                try await connection.read { $0.hasSuffix("none") || $0.components(separatedBy: "HTTP/1.1 ").count > 2 }
                let heads = connection.received.components(separatedBy: "HTTP/1.1 ")
                #expect(heads.count == 3)
                #expect(heads[1].hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test(arguments: ["close", "Close", "CLOSE", "keep-alive, Close"])
    func `the connection is closed after a request that says so in any case`(option: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost: a\r\nConnection: \(option)\r\n\r\n" + get)
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
                #expect(connection.received.lowercased().contains("connection: close"))
            }
        }
    }

    @Test(arguments: ["GET /scope HTTP/1.0\r\n\r\n", "GET /scope HTTP/1.0\r\nHost: a\r\n\r\n"])
    func `the connection is closed after a request of HTTP 1.0`(request: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(request)
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
            }
        }
    }

    static let badHeads: [(head: String, status: String)] = [
        ("GET /scope HTTP/1.1\r\n\r\n", "400"),
        ("GET /scope HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /scope HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
        ("GET /scope HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", "400"),
        ("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", "400"),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501"),
        ("GET /scope HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", "417"),
        ("GET /scope HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
        ("GET /sc ope HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET /scope#part HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET ftp://a/scope HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET http://u@a/scope HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET http:///scope HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET http://a/scope HTTP/1.1\r\n\r\n", "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", "414"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n", "431"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 150))\r\n", "431"),
        ("\u{16}\u{3}\u{1}", "400"),
    ]

    @Test(arguments: badHeads)
    func `a head that is not well-formed gets one response with a body, and the connection is closed`(
        head: String, status: String
    ) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(head + get)
                try await connection.readToEnd()
                #expect(connection.statuses == [status])
                #expect(connection.received.contains(#""status":\#(status)"#))
                for field in ["cache-control: no-store", "x-content-type-options: nosniff", "x-request-id: "] {
                    #expect(connection.received.contains("\r\n\(field)"))
                }
            }
        }
    }

    @Test(arguments: ["http://b/host", "HTTP://b/host?x=1", "https://b/host"])
    func `the host of an absolute target replaces the field Host`(target: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n" + get)
                try await connection.readResponses(2)
                #expect(connection.statuses == ["200", "200"])
                #expect(connection.received.contains("\r\n\r\nbHTTP/1.1 200"))
            }
        }
    }

    @Test(arguments: ["*", "http://a"])
    func `OPTIONS for the whole service is answered`(target: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("OPTIONS \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
                try await connection.readResponses(1)
                #expect(connection.statuses == ["204"])
                #expect(connection.received.contains("Allow: GET, HEAD, OPTIONS, POST"))
            }
        }
    }

    @Test func `a rejection keeps the request id of the client`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Request-Id: abc\r\n\r\n")
                try await connection.readToEnd()
                #expect(connection.received.contains("x-request-id: abc\r\n"))
                #expect(connection.received.contains(#""request_id":"abc""#))
            }
        }
    }

    @Test func `a rejection of HEAD has no content`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("HEAD /scope HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
                try await connection.readToEnd()
                #expect(connection.statuses == ["400"])
                #expect(connection.received.hasSuffix("\r\n\r\n"))
            }
        }
    }

    @Test func `a client that hangs up inside a head is not counted as malformed`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHos")
                connection.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == ["400"])
                #expect(connection.received.contains("The request ended inside its head."))
            }
        }
        #expect(RejectedRequest.incomplete.reason == nil)
    }

    @Test func `a bad head waits for the responses to the requests before it`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(get + get + "nonsense\r\n\r\n")
                try await connection.readToEnd()
                #expect(connection.statuses == ["200", "200", "400"])
            }
        }
    }

    @Test func `a client that expects it is told to send the body`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 26\r\n\r\n")
                try await connection.read { $0.hasSuffix("\r\n\r\n") }
                #expect(connection.received == "HTTP/1.1 100 Continue\r\n\r\n")
                try await connection.send(#"{"text":"body","number":1}"#)
                try await connection.readResponses(2)
                #expect(connection.statuses == ["100", "200"])
            }
        }
    }

    @Test func `a client is told to send a body only if a route asks for it`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /nope HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 26\r\n\r\n")
                try await connection.readToEnd()
                #expect(connection.statuses == ["404"])
            }
        }
    }

    @Test func `a body whose end comes later than its beginning is read`() async throws {
        try await EchoService.serve { port in
            for text in ["a", String(repeating: "a", count: 500_000)] {
                try await RawConnection.open(port: port) { connection in
                    try await connection.send(
                        "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                            + "Content-Length: \(text.utf8.count + 3)\r\n\r\n")
                    try await connection.send(text)
                    try await connection.send("end" + get)
                    try await connection.readResponses(2)
                    #expect(connection.statuses == ["200", "200"])
                    #expect(connection.received.contains("\r\n\r\n\(text)endHTTP/1.1 200"))
                }
            }
        }
    }

    @Test func `every response has the date`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(get)
                try await connection.readResponses(1)
                let date = try /\r\nDate: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)\r\n/.firstMatch(
                    in: connection.received)
                #expect(date != nil)
            }
        }
    }

    @Test(arguments: [("GET", "1.1", true), ("HEAD", "1.1", false), ("GET", "1.0", true)])
    func `a body that is made part by part is sent in chunks, to a client of HTTP 1.0 without them`(
        method: String, version: String, hasContent: Bool
    ) async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("parts") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for part in ["one", "", "two"] { try await writer.write(ByteBuffer(string: part)) }
                        try await writer.finish(nil)
                    })
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send(
                    "\(method) /parts HTTP/\(version)\r\nHost: a\r\nConnection: close\r\n\r\n")
                try await connection.readToEnd()
                let chunks = version == "1.1" ? "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n" : "onetwo"
                #expect(connection.received.hasSuffix("\r\n\r\n" + (hasContent ? chunks : "")))
            }
        }
    }

    @Test func `a body that fails has no end`() async throws {
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("parts") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "one"))
                        throw EchoService.UnexpectedError()
                    })
            }
        }
        try await EchoService.run(.live, addRoutes: addRoutes) { client in
            try await RawConnection.open(port: try #require(client.port)) { connection in
                try await connection.send("GET /parts HTTP/1.1\r\nHost: a\r\n\r\n" + get)
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
                #expect(connection.received.hasSuffix("\r\n\r\n3\r\none\r\n"))
            }
        }
    }

    @Test func `the parts of a body wait for a client that does not read them`() async throws {
        let (parts, sent) = AsyncStream.makeStream(of: Int.self)
        let addRoutes = { (router: Router<PlainContext>) in
            _ = router.get("parts") { _, _ in
                Response(
                    status: .ok,
                    body: ResponseBody { writer in
                        for part in 1...64 {
                            try await writer.write(ByteBuffer(repeating: 7, count: 1 << 20))
                            sent.yield(part)
                        }
                        try await writer.finish(nil)
                        sent.finish()
                    })
            }
        }
        try await EchoService.run(.live, limits: { $0.writeTime = .milliseconds(300) }, addRoutes: addRoutes) {
            client in
            let port = try #require(client.port)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: false).connect(host: "127.0.0.1", port: port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /parts HTTP/1.1\r\nHost: a\r\n\r\n"))
            // The connection is closed in the end, because the client does not read.
            let last = Mutex(0)
            let waiting = Task {
                for await part in parts { last.withLock { $0 = part } }
            }
            let hasStopped = try await eventually {
                try await client.send(.get, "/metrics").text.contains(
                    /http_connections_closed_total\{reason="write_time"\} [1-9]/)
            }
            #expect(hasStopped)
            waiting.cancel()
            #expect(last.withLock { $0 } < 64)
            try await channel.close()
        }
    }

    @Test(arguments: ["POST /echo", "POST /nope"])
    func `a broken chunk is answered once and the connection is closed`(request: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "\(request) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5\r\n{\"tex\r\nXYZ\r\n" + get)
                try await connection.readToEnd()
                #expect(connection.statuses.count == 1)
            }
        }
    }

    @Test func `a response to a request whose body has not come ends the connection`() async throws {
        try await EchoService.serve { port in
            for option in ["", "Connection: close\r\n"] {
                try await RawConnection.open(port: port) { connection in
                    try await connection.send(
                        "POST /nope HTTP/1.1\r\nHost: a\r\n\(option)Content-Length: 1000000\r\n\r\n")
                    try await connection.send(String(repeating: "a", count: 300_000))
                    try await connection.readToEnd()
                    #expect(connection.statuses == ["404"])
                }
            }
        }
    }

    @Test func `a client that closes its side after several requests gets all responses`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(String(repeating: get, count: 100))
                connection.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == Array(repeating: "200", count: 100))
            }
        }
    }

    @Test func `a body that breaks off is not taken for a whole one`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n"
                        + #"{"text":"body","number":1}"#)
                connection.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == ["400"])
            }
        }
    }

    @Test func `requests that come byte by byte are read`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                for byte in get + get { try await connection.send(String(byte)) }
                try await connection.readResponses(2)
                #expect(connection.statuses == ["200", "200"])
            }
        }
    }
}

extension EchoService {
    /// Calls `body` with the port of the service on a socket, with smaller limits of connections.
    static func serve(
        log: RecordedLog? = nil, _ changeLimits: (inout ConnectionLimits) -> Void = { _ in },
        _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        struct Echo: Decodable { let text: String }
        try await run(.live, log: log, limits: changeLimits) { router in
            router.get("rejected") { _, _ in
                // A response that waits until the guard has rejected a later request of the connection.
                try await eventually { log?.lines.contains { $0.message.contains("was rejected") } == true }
                    ? "rejected" : "nothing was rejected"
            }
            router.get("host") { request, _ in request.head.authority ?? "none" }
            router.post("form") { request, _ in String(decoding: try await request.bytes(upTo: 1 << 20), as: UTF8.self)
            }
            router.post("echo") { request, context in try await request.decode(as: Echo.self, context: context).text }
        } _: { client in
            try await body(try #require(client.port))
        }
    }
}
