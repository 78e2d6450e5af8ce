import CurlClient
import HTTPTypes
import Testing

/// HTTP/2 over TLS with a real server.
@Suite(.timeLimit(.minutes(1)))
struct HTTP2Tests {
    private static let connection = HTTPField.Name("X-Connection")

    /// A server that responds to no request before the requests so far satisfy `condition`.
    private static func server(when condition: @escaping @Sendable ([ReceivedRequest]) -> Bool) -> ScriptedServer {
        let mayRespond = OneTimeEvent()
        return ScriptedServer { connection in
            while connection.readRequest() != nil {
                if condition(connection.server.requests) { mayRespond.signal() }
                mayRespond.blockingWait()
                connection.send(CannedResponse.hello)
            }
        }
    }

    /// Sends requests at once. Returns the values of `X-Connection`; nil for a call that failed.
    private static func connections(
        _ count: Int, of client: HTTPClient, path: String = "/"
    ) async throws -> [String?] {
        let name = try #require(connection)
        return try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let response = try await client.execute(.init(url: "https://localhost\(path)"))
                    return response.body == Array("hello".utf8) ? response.headers[name] : nil
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `concurrent and later calls share one connection`() async throws {
        let proxy = try await HTTP2Proxy(to: Self.server { $0.count >= 20 })
        let client = proxy.client()
        let concurrent = try await Self.connections(20, of: client)
        let later = try await Self.connections(1, of: client)
        let shared = try #require(concurrent.first ?? nil)
        #expect(shared.hasPrefix("HTTP/2.0 "))
        #expect(concurrent + later == Array(repeating: shared, count: 21))
    }

    @Test func `a call that is cancelled or times out does not disturb the others on its connection`() async throws {
        let proxy = try await HTTP2Proxy(to: Self.server { $0.last?.requestLine.contains(" /last ") == true })
        let client = proxy.client()
        let url = "https://localhost/lost"
        let cancelled = Task { try await client.execute(.init(url: url, deadline: .seconds(3000))) }
        let overdue = Task { try await client.execute(.init(url: url, deadline: .milliseconds(500))) }
        async let others = Self.connections(9, of: client)
        let timeout = try await #require(throws: HTTPClientError.self) { try await overdue.value }
        #expect(timeout.code == .timedOut)
        cancelled.cancel()
        let cancellation = try await #require(throws: HTTPClientError.self) { try await cancelled.value }
        #expect(cancellation.code == .cancelled)
        let last = try await Self.connections(1, of: client, path: "/last")
        let shared = try #require(last.first ?? nil)
        #expect(try await others == Array(repeating: shared, count: 9))
    }

    @Test func `a download that nobody reads does not delay another one on its connection`() async throws {
        let body = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = ScriptedServer { connection in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
                connection.send(bytes: body)
            }
        }
        let proxy = try await HTTP2Proxy(to: server)
        let client = proxy.client()
        let request = HTTPClient.Request(url: "https://localhost/", deadline: .seconds(20))
        for _ in 1...3 {
            let slow = try await client.download(request, maximumBytes: body.count) { response in
                var slow = try await response.body.next() ?? []
                let quick = try await client.execute(request)
                #expect(quick.body == body)
                for try await part in response.body { slow += part }
                return slow
            }
            #expect(slow == body)
        }
    }

    @Test func `a body that is written slowly is sent whole`() async throws {
        let part = [UInt8](repeating: 7, count: 20_000)
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
                connection.send(bytes: request.body)
            }
        }
        let proxy = try await HTTP2Proxy(to: server)
        let client = proxy.client()
        let request = HTTPClient.Request(method: .put, url: "https://localhost/", deadline: .seconds(20))
        for length in [20 * part.count, nil] {
            let response = try await client.upload(request, length: length) { body in
                for _ in 0..<20 {
                    await body.write(part)
                    // libcurl asks for the next part before there is one.
                    _ = try await client.execute(.init(url: "https://localhost/"))
                }
            }
            #expect(response.body.count == 20 * part.count)
        }
    }

    @Test(arguments: [2 << 20, nil])
    func `a response before the end of the upload ends it`(_ length: Int?) async throws {
        // nginx accepts bodies of at most 1 MiB.
        let proxy = try await HTTP2Proxy(to: Self.server { _ in true })
        let client = proxy.client()
        let request = HTTPClient.Request(method: .put, url: "https://localhost/", deadline: .seconds(20))
        let response = try await client.upload(request, length: length) { body in
            for _ in 0..<16 { if await !body.write([UInt8](repeating: 0, count: 1 << 17)) { break } }
        }
        #expect(response.status == .contentTooLarge)
        #expect(try await client.execute(.init(url: "https://localhost/")).status == .ok)
    }

    @Test func `a body larger than the window of a stream arrives whole both ways`() async throws {
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = ScriptedServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n")
            connection.send(bytes: request.body)
        }
        let proxy = try await HTTP2Proxy(to: server)
        let client = proxy.client()
        let response = try await client.execute(.init(method: .put, url: "https://localhost/", body: body))
        #expect(response.body == body)
    }
}
