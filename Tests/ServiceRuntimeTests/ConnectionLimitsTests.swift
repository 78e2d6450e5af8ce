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

    @Test(arguments: ["GET /scope HTTP/1.1\r\nHost:", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{"])
    func `a request that is too slow waits for the responses before it`(slow: String) async throws {
        let log = RecordedLog()
        try await EchoService.serve(log: log) {
            $0.headTime = .milliseconds(100)
            $0.bodyTime = .milliseconds(100)
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /rejected HTTP/1.1\r\nHost: a\r\n\r\n" + slow)
                try await connection.readToEnd()
                #expect(connection.statuses == ["200", "408"])
                #expect(connection.received.contains("\r\n\r\nrejected"))
            }
        }
    }

    static let largeBodies = [
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 131073\r\n\r\n",
        "Content-Type: Application/X-WWW-Form-URLencoded; charset=utf-8\r\nContent-Length: 1000000\r\n\r\n",
        "Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n",
    ]

    @Test(arguments: largeBodies, ["", "Expect: 100-continue\r\n"])
    func `a body that is too large by its length is refused before it is sent`(rest: String, expect: String)
        async throws
    {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("POST /form HTTP/1.1\r\nHost: a\r\n\(expect)\(rest)")
                try await connection.readToEnd()
                #expect(connection.statuses == (rest.contains("99999") ? ["400"] : ["413"]))
            }
        }
    }

    @Test func `a form may have as many bytes as the limit`() async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                let form = String(repeating: "a", count: 131_072)
                try await connection.send(
                    "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Content-Length: 131072\r\n\r\n\(form)")
                try await connection.readResponses(1)
                #expect(connection.statuses == ["200"])
            }
        }
    }

    @Test(arguments: [(131_072, "200"), (131_073, "413")])
    func `a chunked form is refused as soon as it is too large`(bytes: Int, status: String) async throws {
        try await EchoService.serve { port in
            try await RawConnection.open(port: port) { connection in
                let last = status == "200" ? "0\r\n\r\n" : ""
                try await connection.send(
                    "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                        + "\(String(bytes, radix: 16))\r\n\(String(repeating: "a", count: bytes))\r\n\(last)")
                try await connection.read { $0.contains("HTTP/1.1 ") }
                #expect(connection.statuses == [status])
            }
        }
    }

    @Test func `a connection without a request is closed`() async throws {
        try await EchoService.serve {
            // A busy machine may need some time to send the first request.
            $0.idleTime = .seconds(1)
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

    @Test func `a client that has sent more requests than the last one loses no response`() async throws {
        try await EchoService.serve {
            $0.maximumRequests = 1
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                // More than the server has read when it closes the connection.
                try await connection.send(String(repeating: get, count: 20_000))
                try await connection.readToEnd()
                #expect(connection.statuses == ["200"])
                #expect(connection.isReset == false)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `the body of the last request that may be open is read`() async throws {
        try await EchoService.serve {
            $0.maximumUnansweredRequests = 1
        } _: { port in
            try await RawConnection.open(port: port) { connection in
                let body = #"{"text":"body","number":1}"#
                try await connection.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n")
                try await connection.readResponses(1)
                try await connection.send(body)
                try await connection.readResponses(2)
                #expect(connection.statuses == ["100", "200"])
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
