import CurlClient
import HTTPTypes
import MovingHost
import Testing

/// Servers that move to another address, or have none for a while.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct AddressChangeTests {
    /// A server that tells its address.
    private func server(at address: UInt32, port: UInt16 = 0) -> ScriptedServer {
        ScriptedServer(address: address, port: port) { connection in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n\(address & 0xFF)")
        }
    }

    @Test func `a host that moved to another address is found there at once`() async throws {
        let client = HTTPClient()
        let old = server(at: 0x7F00_0002)
        let url = "http://\(MOVING_HOST):\(old.port)/"
        moving_host_set_address(0x7F00_0002)
        for _ in 1...2 { #expect(try await client.execute(.init(url: url)).body == Array("2".utf8)) }

        old.stop()
        #expect(try await client.failure(.init(url: url)).code == .connectionFailed)
        _ = server(at: 0x7F00_0003, port: old.port)
        moving_host_set_address(0x7F00_0003)
        for _ in 1...2 { #expect(try await client.execute(.init(url: url)).body == Array("3".utf8)) }
    }

    @Test func `a host whose name is not resolved delays neither deadline nor cancellation nor shutdown`() async throws
    {
        let client = HTTPClient.with { $0.connectTimeout = .seconds(3000) }
        let server = server(at: 0x7F00_0002)
        let url = "http://\(MOVING_HOST):\(server.port)/"
        moving_host_set_address(0)
        defer { moving_host_set_address(0x7F00_0002) }
        let timeout = try await client.failure(.init(url: url, deadline: .milliseconds(200)))
        #expect(timeout.code == .timedOut)
        #expect(!timeout.requestMayHaveBeenSent)

        let task = Task { try await client.execute(.init(url: url, deadline: .seconds(3000))) }
        await Task.yield()
        task.cancel()
        let cancellation = try await #require(throws: HTTPClientError.self) { try await task.value }
        #expect(cancellation.code == .cancelled)
        #expect(!cancellation.requestMayHaveBeenSent)

        async let last = client.failure(.init(url: url, deadline: .seconds(3000)))
        await Task.yield()
        await client.shutdown()
        #expect(try await last.code == .shutDown)
    }
}
