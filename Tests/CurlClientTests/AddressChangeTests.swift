import CurlClient
import HTTPTypes
import MovingHost
import Testing

/// Servers that move to another address.
@Suite(.timeLimit(.minutes(1)))
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
}
