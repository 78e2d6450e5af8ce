import HTTPTypes
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(1)))
struct StreamingTests {
    private struct WriterError: Error {}

    private let client = HTTPClient()

    @Test func `a downloaded body is read while it arrives`() async throws {
        let hasFirst = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 201 Created\r\nServer: x\r\nContent-Length: 10\r\n\r\nfirst")
            hasFirst.blockingWait()
            connection.send("other")
        }
        let (status, field, body) = try await client.download(.init(url: server.url()), maximumBytes: 10) { response in
            var body: [UInt8] = []
            for try await part in response.body {
                body += part
                hasFirst.signal()
            }
            return (response.status, response.headers[.server], body)
        }
        #expect(status == .created)
        #expect(field == "x")
        #expect(body == Array("firstother".utf8))
    }

    @Test func `a download is read before the first byte of its body arrives`() async throws {
        let hasHead = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 3\r\n\r\n")
            hasHead.blockingWait()
            connection.send("abc")
        }
        let request = HTTPClient.Request(url: server.url(), deadline: .seconds(5))
        let (field, body) = try await client.download(request, maximumBytes: 3) { response in
            hasHead.signal()
            return (response.headers[.server], try await response.body.next())
        }
        #expect(field == "x")
        #expect(body == Array("abc".utf8))
    }

    @Test func `a body that several tasks read is divided between them`() async throws {
        let body = [UInt8](repeating: 1, count: 4 << 20)
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            connection.send(bytes: body)
        }
        let request = HTTPClient.Request(url: server.url(), deadline: .seconds(20))
        let count = try await client.download(request, maximumBytes: body.count) { response in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var count = 0
                        for try await part in response.body { count += part.count }
                        return count
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        #expect(count == body.count)
    }

    @Test func `a response without a body has an empty stream`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.empty)
        let isEmpty = try await client.download(.init(url: server.url()), maximumBytes: 0) { response in
            let part = try await response.body.next()
            return part == nil
        }
        #expect(isEmpty)
    }

    /// A server whose response has no end. It signals when it must wait for the client.
    private static func endlessServer(signalling mustWait: OneTimeEvent) -> ScriptedServer {
        ScriptedServer { connection in
            _ = connection.readRequest()
            connection.setSendTimeout(milliseconds: 300)
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send(String(repeating: "a", count: 1 << 16)) {}
            mustWait.signal()
        }
    }

    @Test func `a server must wait while nobody reads its response`() async throws {
        let mustWait = OneTimeEvent()
        let server = Self.endlessServer(signalling: mustWait)
        try await client.download(.init(url: server.url()), maximumBytes: .max) { _ in await mustWait.wait() }
    }

    @Test func `a download that is not read to its end closes the connection`() async throws {
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send("aaaaaaaa") {}
            isClosed.signal()
        }
        let part = try await client.download(.init(url: server.url()), maximumBytes: .max) { try await $0.body.next() }
        #expect(part?.first == UInt8(ascii: "a"))
        await isClosed.wait()
    }

    @Test func `a client with an unread download is freed after its end`() async throws {
        let mustWait = OneTimeEvent()
        let server = Self.endlessServer(signalling: mustWait)
        var client: HTTPClient? = HTTPClient()
        weak var loop: TransferLoop?
        loop = client?.loop
        try await client?.download(.init(url: server.url()), maximumBytes: .max) { _ in await mustWait.wait() }
        await client?.shutdown()
        client = nil
        #expect(loop == nil)
    }

    @Test func `a downloaded body larger than its limit is an error`() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            while connection.send("aaaaaaaa") {}
        }
        let error = try await #require(throws: HTTPClientError.self) {
            try await client.download(.init(url: server.url()), maximumBytes: 1000) { response in
                var count = 0
                for try await part in response.body { count += part.count }
                #expect(count <= 1000)
            }
        }
        #expect(error.code == .responseTooLarge)
    }

    @Test func `a download that exceeds its limit while nobody reads it is an error`() async throws {
        let (isSent, isRead) = (OneTimeEvent(), OneTimeEvent())
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            let chunk = "3e8\r\n" + String(repeating: "a", count: 1000) + "\r\n"
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            // The client keeps 64 KiB. libcurl keeps the rest of the 16 KiB that it reads at once.
            connection.send(String(repeating: chunk, count: 81))
            isSent.signal()
            isRead.blockingWait()
            connection.send(chunk + "0\r\n\r\n")
            connection.waitForClose()
        }
        let request = HTTPClient.Request(url: server.url(), deadline: .seconds(20))
        let error = try await #require(throws: HTTPClientError.self) {
            try await client.download(request, maximumBytes: 67_000) { response in
                await isSent.wait()
                while Loopback.hasInput(fromPort: server.port) { await Task.yield() }
                var count = 0
                for try await part in response.body {
                    count += part.count
                    if count >= 65_000 { isRead.signal() }
                }
            }
        }
        #expect(error.code == .responseTooLarge)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    func `a download that is cut off is an error`(_ start: String) async throws {
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(start)
        }
        let error = try await #require(throws: HTTPClientError.self) {
            try await client.download(.init(url: server.url()), maximumBytes: 1000) { response in
                for try await _ in response.body {}
            }
        }
        #expect(error.code == .connectionLost)
    }

    @Test func `an uploaded body of known length is sent as it is written`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        let response = try await client.upload(.init(method: .put, url: server.url()), length: 6) { body in
            await body.write([1, 2, 3])
            await body.write([])
            await body.write([4, 5, 6])
        }
        #expect(response.body == Array("hello".utf8))
        #expect(server.requests.first?.body == [1, 2, 3, 4, 5, 6])
        // The handle of an upload serves other requests afterwards.
        _ = try await client.execute(.init(url: server.url()))
        #expect(server.requests.last?.requestLine == "GET / HTTP/1.1")
        #expect(server.requests.last?.body == [])
    }

    @Test func `an uploaded body of unknown length is sent in chunks`() async throws {
        let end = "1\r\nc\r\n0\r\n\r\n"
        let server = ScriptedServer { connection in
            guard let request = connection.readRequest(), request.values("transfer-encoding") == ["chunked"] else {
                return
            }
            var body: [UInt8] = []
            while !body.suffix(end.utf8.count).elementsEqual(end.utf8) { body += connection.readBytes(1) }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            connection.send(bytes: body)
        }
        let response = try await client.upload(.init(method: .post, url: server.url())) { body in
            await body.write(Array("ab".utf8))
            await body.write(Array("c".utf8))
        }
        #expect(response.body == Array("2\r\nab\r\n\(end)".utf8))
    }

    @Test func `a writer waits for the server and stops when the server has responded`() async throws {
        let part = [UInt8](repeating: 0, count: 1 << 20)
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 413 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.waitForClose()
        }
        let response = try await client.upload(.init(method: .post, url: server.url())) { body in
            while await body.write(part) {}
        }
        #expect(response.status == .contentTooLarge)
    }

    @Test func `an error of the writer ends the request`() async throws {
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            _ = connection.readRequest()
            connection.waitForClose()
            isClosed.signal()
        }
        await #expect(throws: WriterError.self) {
            try await client.upload(.init(method: .put, url: server.url())) { body in
                await body.write([1])
                throw WriterError()
            }
        }
        await isClosed.wait()
    }
}
