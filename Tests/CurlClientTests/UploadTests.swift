import CurlClient
import HTTPTypes
import Testing

/// Streamed bodies of requests that do not go as planned.
@Suite(.timeLimit(.minutes(1)))
struct UploadTests {
    private struct WriterError: Error {}

    let client = HTTPClient()

    /// The error of an upload that must fail.
    private func failure(
        _ request: HTTPClient.Request, length: Int? = nil,
        _ write: @Sendable (HTTPClient.BodyWriter) async throws -> Void = { _ in }
    ) async throws -> HTTPClientError {
        try await #require(throws: HTTPClientError.self) {
            try await client.upload(request, length: length, write)
        }
    }

    @Test func `an upload with a method, a body or a length that makes no sense is rejected`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        let url = server.url()
        let errors = [
            try await failure(.init(method: .head, url: url)),
            try await failure(.init(method: .put, url: url, body: [1])),
            try await failure(.init(method: .put, url: url), length: -1),
        ]
        #expect(errors.map(\.code) == [.invalidRequest, .invalidRequest, .invalidRequest])
        #expect(server.connections == 0)
    }

    @Test func `a streamed body that is shorter than its length ends the request`() async throws {
        let isClosed = OneTimeEvent()
        let server = ScriptedServer { connection in
            connection.waitForClose()
            isClosed.signal()
        }
        let error = try await failure(.init(method: .put, url: server.url(), deadline: .seconds(5)), length: 3) {
            await $0.write([1, 2])
        }
        #expect(error.code == .invalidRequest)
        #expect(error.requestMayHaveBeenSent)
        await isClosed.wait()
    }

    @Test(arguments: [[[1, 2, 3, 4]], [[1, 2, 3], [4]]])
    func `a streamed body that is longer than its length is an error, and its rest is not sent`(
        _ parts: [[UInt8]]
    ) async throws {
        let received = OneTimeEvent()
        let server = ScriptedServer { connection in
            let request = connection.readRequest()
            if request?.body == [1, 2, 3] { connection.send(CannedResponse.hello) }
            #expect(connection.readBytes(1).isEmpty)
            received.signal()
        }
        let error = try await failure(.init(method: .put, url: server.url(), deadline: .seconds(5)), length: 3) {
            body in
            for part in parts { await body.write(part) }
            let isWritten = await body.write([5])
            #expect(!isWritten)
        }
        #expect(error.code == .invalidRequest)
        await client.shutdown()
        await received.wait()
    }

    @Test(arguments: [HTTPRequest.Method.delete, .get, .patch])
    func `a streamed body is sent without Expect, whatever the method`(_ method: HTTPRequest.Method) async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        _ = try await client.upload(.init(method: method, url: server.url()), length: 2 << 20) { body in
            for _ in 0..<2 { await body.write([UInt8](repeating: 0, count: 1 << 20)) }
        }
        let request = try #require(server.requests.first)
        #expect(request.values("expect").isEmpty)
        #expect(request.values("content-type").isEmpty)
        #expect(request.body.count == 2 << 20)
    }

    @Test func `writers that fail do not open the circuit breaker`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        let client = HTTPClient.with { $0.breaksCircuits = true }
        for _ in 0..<10 {
            await #expect(throws: WriterError.self) {
                try await client.upload(.init(method: .put, url: server.url()), length: 2) { body in
                    await body.write([1])
                    throw WriterError()
                }
            }
        }
        #expect(try await client.execute(.init(url: server.url())).status == .ok)
    }

    @Test func `a streamed body on a kept connection that breaks is not sent twice`() async throws {
        let server = ScriptedServer { connection in
            guard connection.readRequest() != nil else { return }
            connection.send(CannedResponse.empty)
            _ = connection.readRequest()
        }
        _ = try await client.execute(.init(url: server.url()))
        let error = try await failure(.init(method: .put, url: server.url()), length: 3) { await $0.write([1, 2, 3]) }
        #expect(error.code == .connectionLost)
        #expect(error.requestMayHaveBeenSent)
        #expect(server.requests.count == 2)
    }

    @Test func `an upload that is cancelled closes its connection and tells its writer`() async throws {
        let (hasPart, isClosed) = (OneTimeEvent(), OneTimeEvent())
        let server = ScriptedServer { connection in
            _ = connection.readBytes(1)
            hasPart.signal()
            connection.waitForClose()
            isClosed.signal()
        }
        let request = HTTPClient.Request(method: .put, url: server.url(), deadline: .seconds(3000))
        let task = Task {
            try await client.upload(request) { body in while await body.write([1]) { await hasPart.wait() } }
        }
        await hasPart.wait()
        task.cancel()
        let error = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(error.code == .cancelled)
        await isClosed.wait()
    }

    @Test func `parts that several tasks write at once are all sent`() async throws {
        let server = ScriptedServer.responding(with: CannedResponse.hello)
        _ = try await client.upload(
            .init(method: .put, url: server.url(), deadline: .seconds(20)), length: 4 * 100 * 3
        ) { body in
            await withTaskGroup(of: Void.self) { group in
                for writer in UInt8(1)...4 {
                    group.addTask { for _ in 0..<100 { await body.write([writer, writer, writer]) } }
                }
            }
        }
        let body = try #require(server.requests.first?.body)
        for start in stride(from: 0, to: body.count, by: 3) { #expect(Set(body[start..<start + 3]).count == 1) }
        #expect(Set(body) == [1, 2, 3, 4])
    }

    @Test func `a large body gets the response of a server that rejects it at once`() async throws {
        let server = ScriptedServer { connection in
            while connection.readBytes(1) != [0x0A] || connection.readBytes(2) != [0x0D, 0x0A] {}
            connection.send("HTTP/1.1 413 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            connection.waitForClose()
        }
        let body = [UInt8](repeating: 7, count: 8 << 20)
        let response = try await client.execute(.init(method: .post, url: server.url(), body: body))
        #expect(response.status == .contentTooLarge)
    }
}
