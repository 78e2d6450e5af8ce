import Glibc

/// A port that is bound but does not listen, so the system refuses connections to it.
final class ClosedPort: Sendable {
    let port: UInt16
    private let socket: CInt

    init() { (socket, port) = Loopback.bind() }

    deinit { close(socket) }
}
