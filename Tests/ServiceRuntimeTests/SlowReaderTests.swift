import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ServiceRuntime

@Suite(.timeLimit(.minutes(1))) struct SlowReaderTests {
    private static let largeBytes = 4 << 20

    @Test func `a request is read as soon as the large response before it is written`() async throws {
        try await serve { _ in
            large(bytes: 300_000)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                for count in 1...20 {
                    try await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    try await connection.read { $0.utf8.count >= count * 300_000 && $0.hasSuffix("x") }
                }
                #expect(connection.statuses == Array(repeating: "200", count: 20))
            }
        }
    }

    @Test(arguments: ["", "Connection: close\r\n"], [true, false])
    func `a client that closes its side gets all of a large response`(
        field: String, closesFirst: Bool
    ) async throws {
        try await serve { _ in
            if closesFirst { await clientCloses() }
            return large(bytes: Self.largeBytes)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
                if !closesFirst { try await connection.read { !$0.isEmpty } }
                connection.finish()
                try await connection.readToEnd()
                let head = try #require(connection.received.firstRange(of: "\r\n\r\n"))
                #expect(connection.received[head.upperBound...].utf8.count == Self.largeBytes)
            }
        }
    }

    @Test func `a client that closes its side after a bad head gets all responses`() async throws {
        try await serve { _ in
            await clientCloses()
            return Response(status: .ok)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
                connection.finish()
                try await connection.readToEnd()
                #expect(connection.statuses == ["200", "400"])
            }
        }
    }
}

private func large(bytes: Int) -> Response {
    Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: UInt8(ascii: "x"), count: bytes)))
}

/// Waits until the client of the current request closes its side.
private func clientCloses() async {
    try? await ClientConnection.cancellingOnClose {
        for await _ in AsyncStream<Void>.makeStream().stream {}
    }
}

/// Calls `body` with the port of a server whose sockets take few bytes at once.
private func serve(
    _ respond: @escaping @Sendable (Request) async -> Response, _ body: @Sendable (Int) async throws -> Void
) async throws {
    var limits = ConnectionLimits()
    limits.writeTime = .hours(1)
    let connections = GuardedHTTP1Channel(limits: limits) { request, _, _ in await respond(request) }
    let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .childChannelOption(.socketOption(.so_sndbuf), value: 1)
        .bind(host: "127.0.0.1", port: 0) { channel in
            connections.setup(channel: channel, logger: Logger(label: "test"))
        }
    let port = try #require(server.channel.localAddress?.port)
    try await server.executeThenClose { _ in try await body(port) }
}
