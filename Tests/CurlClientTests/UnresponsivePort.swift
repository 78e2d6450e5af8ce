import Glibc

/// A port with a listening socket whose queue is full, so attempts to connect get no response.
final class UnresponsivePort: Sendable {
    let port: UInt16
    private let sockets: [CInt]

    init() {
        let (listener, port) = Loopback.listen(backlog: 0)
        let clients = (0..<4).map { _ in
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            unsafe Loopback.withAddress(port: port) { unsafe _ = connect(client, $0, $1) }
            return client
        }
        self.port = port
        sockets = clients + [listener]
    }

    deinit { for socket in sockets { close(socket) } }
}
