import NIOCore
import Testing

@testable import ServiceRuntime

private let get = "GET /scope HTTP/1.1\r\nHost: a\r\n\r\n"

@Suite struct ConnectionLimitsTests {
    @Test func `a head that does not come to its end in time gets 408`() async throws {
        try await EchoService.serve {
            $0.headTime = .milliseconds(100)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /scope HTTP/1.1\r\nHost:")
                try await connection.readToEnd()
                #expect(connection.statuses == ["408"])
            }
        }
    }

    @Test func `a body that does not come in time gets 408`() async throws {
        try await EchoService.serve {
            $0.bodyTime = .milliseconds(100)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{")
                try await connection.readToEnd()
                #expect(connection.statuses == ["408"])
            }
        }
    }

    @Test func `a connection without a request is closed`() async throws {
        try await EchoService.serve {
            $0.idleTime = .milliseconds(100)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(get)
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
            }
        }
    }

    @Test func `a connection ends after its last request`() async throws {
        try await EchoService.serve {
            $0.maximumRequests = 3
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(String(repeating: get, count: 5))
                try await connection.readToEnd()
                #expect(connection.statuses == ["200", "200", "200"])
            }
        }
    }

    @Test func `a connection above the limit of its network is closed, and one that ends makes room`() async throws {
        try await EchoService.serve {
            $0.maximumConnectionsPerNetwork = 2
        } _: { port in
            try await RawConnection.open(port: port) { first in
                try await first.send(get)
                try await first.readResponses(1)
                try await RawConnection.open(port: port) { third in
                    try await third.send(get)
                    try await third.readToEnd()
                    #expect(third.statuses.isEmpty)
                }
            }
        }
    }

    @Test func `a client that sends requests and does not read is closed`() async throws {
        try await EchoService.serve {
            $0.writeTime = .milliseconds(300)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                // More than the buffers of both sockets hold.
                let request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
                await #expect(throws: (any Error).self) {
                    for _ in 0..<2_000 { try await connection.send(String(repeating: request, count: 500)) }
                }
            }
        }
    }
}
