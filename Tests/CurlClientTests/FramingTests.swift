import CurlClient
import HTTPTypes
import Testing

/// Servers that contradict themselves about the end of a response.
@Suite(.timeLimit(.minutes(1)))
struct FramingTests {
    private static let uncertain = [
        "Content-Length: 3\r\nContent-Length: 13", "Content-Length: 3, 13", "Content-Length: 3 13",
        "Content-Length: 3x",
        "Content-Length: +3", "Content-Length: 0x3", "Content-Length:", "Content-Length: 3\r\n 5",
        "content-length: 3.0",
        "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity", "Transfer-Encoding: xchunked", "Transfer-Encoding:",
        "Content-Length : 3", "Content-Length\t: 3", "Transfer-Encoding : chunked",
    ]

    let client = HTTPClient()

    /// A server that sends a response and keeps the connection open.
    private func server(sending text: String, signalling isClosed: OneTimeEvent = OneTimeEvent()) -> ScriptedServer {
        ScriptedServer { connection in
            _ = connection.readRequest()
            connection.send(text)
            connection.waitForClose()
            isClosed.signal()
        }
    }

    @Test(arguments: uncertain)
    func `a response without a certain end is rejected and its connection closed`(_ fields: String) async throws {
        let isClosed = OneTimeEvent()
        let text = "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        let server = server(sending: text, signalling: isClosed)
        let error = try await client.failure(.init(url: server.url(), deadline: .seconds(5)))
        #expect(error.code == .protocolError)
        await isClosed.wait()
    }

    @Test(arguments: uncertain.prefix(1) + ["no colon", "X y: z"])
    func `a download whose head is malformed is not read`(_ fields: String) async throws {
        let server = server(sending: "HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n" + String(repeating: "a", count: 200_000))
        let request = HTTPClient.Request(url: server.url(), deadline: .seconds(5))
        let error = try await #require(throws: HTTPClientError.self) {
            try await client.download(request, maximumBytes: .max) { _ in Issue.record("read") }
        }
        #expect(error.code == .protocolError)
    }

    @Test(arguments: [
        "gzip, gzip", "gzip\r\nContent-Encoding: gzip", "br", "deflate", "gzip\r\n , gzip", "gzip, identity, gzip",
        "identity, br", "identity\r\nContent-Encoding: br", "gzip identity", "identity\tgzip", "none", "identity;q=1",
    ])
    func `a content coding that the client did not ask for is rejected`(_ coding: String) async throws {
        let server = server(sending: "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: 0\r\n\r\n")
        let error = try await client.failure(.init(url: server.url(), deadline: .seconds(5), acceptsGzip: true))
        #expect(error.code == .protocolError)
    }

    @Test(arguments: ["identity", " IDENTITY ", "", ",", "identity,\tidentity", "identity\r\nContent-Encoding:"])
    func `a response without a content coding is accepted, however its head says so`(_ coding: String)
        async throws
    {
        let server = server(sending: "HTTP/1.1 200 OK\r\nContent-Encoding:\(coding)\r\nContent-Length: 3\r\n\r\nabc")
        let response = try await client.execute(.init(url: server.url(), deadline: .seconds(5), acceptsGzip: true))
        #expect(response.body == Array("abc".utf8))
    }

    @Test(arguments: [
        "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "CONTENT-LENGTH:3 \r\n\r\nabc",
        "content-length:\t003\r\n\r\nabc",
        "transfer-encoding: Chunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Content-Lengthy: 5\r\nContent-Length: 3\r\n\r\nabc",
    ])
    func `a length in any spelling is accepted`(_ rest: String) async throws {
        let server = server(sending: "HTTP/1.1 200 OK\r\n\(rest)")
        let response = try await client.execute(.init(url: server.url(), deadline: .seconds(5)))
        #expect(response.body == Array("abc".utf8))
    }

    @Test func `the length of an informational response is not that of the final one`() async throws {
        let server = server(
            sending: "HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        let response = try await client.execute(.init(url: server.url(), deadline: .seconds(5)))
        #expect(response.body == Array("abc".utf8))
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "\r\n", "x"])
    func `data that arrives between two requests is not the response to the second`(_ data: String) async throws {
        let (isIdle, isClosed) = (OneTimeEvent(), OneTimeEvent())
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send(CannedResponse.hello)
                guard connection.number == 1 else { continue }
                isIdle.blockingWait()
                connection.send(data)
                connection.waitForClose()
                return isClosed.signal()
            }
        }
        _ = try await client.execute(.init(url: server.url()))
        isIdle.signal()
        await isClosed.wait()
        let response = try await client.execute(.init(method: .post, url: server.url(), body: [1]))
        #expect(response.body == Array("hello".utf8))
        #expect(server.connections == 2)
    }

    @Test(arguments: [(HTTPRequest.Method.head, 200), (.get, 204), (.get, 304)])
    func `a body that must not be there is not the response to the next request`(
        _ method: HTTPRequest.Method, _ status: Int
    ) async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                let isFirst = request.requestLine.contains("/first")
                connection.send(
                    isFirst
                        ? "HTTP/1.1 \(status) X\r\nContent-Length: \(forged.utf8.count)\r\n\r\n\(forged)"
                        : CannedResponse.hello)
            }
        }
        let first = try await client.execute(.init(method: method, url: server.url("/first")))
        #expect(first.status.code == status)
        #expect(first.body.isEmpty)
        #expect(try await client.execute(.init(url: server.url())).body == Array("hello".utf8))
    }

    @Test(arguments: ["Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"])
    func `data that follows a response is not part of the next one`(_ rest: String) async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        let server = ScriptedServer.responding(with: "HTTP/1.1 200 OK\r\n\(rest)\(forged)")
        for _ in 1...3 {
            let response = try await client.execute(.init(method: .post, url: server.url(), body: [1]))
            #expect(response.body == Array("abc".utf8))
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.head, 200, "Content-Length: 9", 0), (.get, 204, "X: y", 0), (.get, 304, "X: y", 0),
        (.get, 200, "Content-Length: 0", 0), (.get, 200, "Content-Length: 20000", 20_000),
        (.get, 200, "Transfer-Encoding: chunked", -1),
    ])
    func `data beyond the end of a response that libcurl has not read is not the next response`(
        _ method: HTTPRequest.Method, _ status: Int, _ field: String, _ length: Int
    ) async throws {
        let forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        let end = length < 0 ? "0\r\n\r\n" : ""
        let head = "HTTP/1.1 \(status) X\r\n\(field)\r\n\r\n\(end)"
        // libcurl reads 16 KiB at once, or the rest of a body.
        let first = head + String(repeating: "a", count: length > 0 ? length : (16 << 10) - head.utf8.count)
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                let isFirst = request.requestLine.contains("/first")
                connection.send(isFirst ? first + String(repeating: forged, count: 100) : CannedResponse.hello)
            }
        }
        for _ in 0..<50 {
            let response = try await client.execute(.init(method: method, url: server.url("/first")))
            #expect(response.status.code == status)
            let next = try await client.execute(.init(method: .post, url: server.url(), body: [1]))
            #expect(next.body == Array("hello".utf8))
        }
    }

    @Test func `a response with a NUL in a header field is rejected`() async throws {
        let server = server(sending: "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n")
        #expect(try await client.failure(.init(url: server.url(), deadline: .seconds(5))).code == .protocolError)
    }
}
