import Foundation
import Glibc
import Synchronization

/// A TCP server on loopback whose connections run a script, each in its own thread.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: CInt
    private let record = Mutex(Record())

    private struct Record {
        var connections = 0
        var open = 0
        var maximumOpen = 0
        var requests: [ReceivedRequest] = []
    }

    /// Listens on a port of a loopback address, or on a unix socket. A connection is closed when the script returns. Then
    /// `didClose` is called with its number; the client's machine has acknowledged the end of the connection.
    ///
    /// - Parameter port: The port; 0 for a free one.
    init(
        path: String? = nil, address: UInt32 = Loopback.defaultAddress, port: UInt16 = 0,
        didClose: @escaping @Sendable (Int) -> Void = { _ in },
        _ script: @escaping @Sendable (ServerConnection) -> Void
    ) {
        (listener, self.port) =
            path.map { (UnixSocket.listen(at: $0, backlog: 512), 0) }
            ?? Loopback.listen(backlog: 512, address: address, port: port)
        Thread.detachNewThread { [self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { return }
                Loopback.setLinger(socket, seconds: 10)
                let number = recordConnection()
                Thread.detachNewThread { [self] in
                    script(ServerConnection(socket: socket, number: number, server: self))
                    Glibc.close(socket)
                    record.withLock { $0.open -= 1 }
                    didClose(number)
                }
            }
        }
    }

    /// A server that sends the same response to every request, on persistent connections.
    static func responding(with response: String) -> ScriptedServer {
        ScriptedServer { connection in
            while connection.readRequest() != nil { connection.send(response) }
        }
    }

    func url(_ path: String = "/", scheme: String = "http") -> String { "\(scheme)://127.0.0.1:\(port)\(path)" }

    /// The number of connections that the server has accepted.
    var connections: Int { record.withLock { $0.connections } }
    /// The largest number of connections that were open at the same time.
    var maximumOpenConnections: Int { record.withLock { $0.maximumOpen } }
    /// All requests, in the order of arrival.
    var requests: [ReceivedRequest] { record.withLock { $0.requests } }

    /// Stops listening; open connections continue.
    func stop() { Glibc.shutdown(listener, Int32(SHUT_RDWR)) }

    /// Adds a request to `requests`.
    func add(_ request: ReceivedRequest) { record.withLock { $0.requests.append(request) } }

    private func recordConnection() -> Int {
        record.withLock { record in
            record.connections += 1
            record.open += 1
            record.maximumOpen = max(record.maximumOpen, record.open)
            return record.connections
        }
    }
}
