import CurlClient
import Glibc
import HTTPTypes
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct FailureMatrixTests {
    /// What a server does with a request, by the path of the request, and what the client must then report.
    private enum Behavior: String, CaseIterable {
        case reset, stall, cut, endlessHead, longLength, contradictoryLengths, garbage, refused, ok

        /// The error of the call; nil when it succeeds.
        var error: HTTPClientError.Code? {
            switch self {
            case .reset, .cut, .longLength: .connectionLost
            case .stall: .timedOut
            case .endlessHead: .responseTooLarge
            case .contradictoryLengths, .garbage: .protocolError
            case .refused: .connectionFailed
            case .ok: nil
            }
        }

        func run(on connection: ServerConnection) {
            switch self {
            case .reset:
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
                connection.resetOnClose()
            case .stall: connection.waitForClose()
            case .cut: connection.send("HTTP/1.1 200 OK\r\nContent-Le")
            case .endlessHead:
                connection.send("HTTP/1.1 200 OK\r\n")
                while connection.send("X: y\r\n") {}
            case .longLength: connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            case .contradictoryLengths:
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")
            case .garbage: connection.send("220 mail.example ESMTP\r\n")
            case .refused, .ok: connection.send(CannedResponse.hello)
            }
        }
    }

    @Test func `1000 concurrent calls to a failing server end as they must, and nothing of them is left`() async throws
    {
        let server = ScriptedServer { connection in
            while let request = connection.readRequest() {
                let name = request.requestLine.split(separator: " ").dropFirst().first?.dropFirst() ?? ""
                guard let behavior = Behavior(rawValue: String(name)) else { return }
                behavior.run(on: connection)
                guard behavior == .ok else { return }
            }
        }
        let closed = ClosedPort()
        let client = HTTPClient.with {
            $0.maximumConnectionsPerHost = 200
            $0.deadline = .seconds(50)
        }
        // Three of ten calls fail.
        let failing = Behavior.allCases.filter { $0 != .ok }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                let behavior = number % 10 < 3 ? failing[(number / 10 * 3 + number % 10) % failing.count] : .ok
                let url =
                    behavior == .refused
                    ? "http://127.0.0.1:\(closed.port)/" : server.url("/\(behavior.rawValue)")
                let deadline: Duration? = behavior == .stall ? .milliseconds(500) : nil
                group.addTask {
                    do throws(HTTPClientError) {
                        let response = try await client.execute(.init(url: url, deadline: deadline))
                        #expect(behavior.error == nil && response.body == Array("hello".utf8), "\(behavior)")
                    } catch {
                        #expect(error.code == behavior.error, "\(behavior): \(error)")
                    }
                }
            }
        }
        await client.shutdown()
        #expect(Loopback.connectedSockets(toPort: server.port) == 0)
    }
}
