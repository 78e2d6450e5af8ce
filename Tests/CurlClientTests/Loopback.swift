import Foundation
import Glibc

/// Sockets on 127.0.0.1 and the other addresses of the loopback interface.
enum Loopback {
    /// The address 127.0.0.1.
    static let defaultAddress: UInt32 = 0x7F00_0001

    /// A listening socket on a port, or on a free one.
    static func listen(
        backlog: Int32, address: UInt32 = defaultAddress, port: UInt16 = 0
    ) -> (socket: CInt, port: UInt16) {
        let (socket, port) = bind(address: address, port: port)
        precondition(Glibc.listen(socket, backlog) == 0)
        return (socket, port)
    }

    /// A socket that is bound to a port, or to a free one.
    static func bind(address: UInt32 = defaultAddress, port: UInt16 = 0) -> (socket: CInt, port: UInt16) {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        unsafe withAddress(address, port: port) { unsafe precondition(Glibc.bind(socket, $0, $1) == 0) }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe _ = getsockname(socket, $0, &size)
            }
        }
        return (socket, UInt16(bigEndian: address.sin_port))
    }

    /// The number of sockets of this process that are connected to a port.
    static func connectedSockets(toPort port: UInt16) -> Int { sockets(toPort: port).count }

    /// Whether a socket of this process that is connected to a port has input that was not read.
    static func hasInput(fromPort port: UInt16) -> Bool {
        sockets(toPort: port).contains { socket in
            var byte: UInt8 = 0
            return unsafe recv(socket, &byte, 1, CInt(MSG_PEEK | MSG_DONTWAIT)) > 0
        }
    }

    private static func sockets(toPort port: UInt16) -> [CInt] {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return descriptors.compactMap { CInt($0) }.filter { socket in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getpeername(socket, $0, &size)
                }
            }
            return result == 0 && address.sin_family == AF_INET && address.sin_port == port.bigEndian
        }
    }

    /// Sets for how long the close of a connected socket waits until the other end has acknowledged it. With zero seconds, the
    /// close is a reset (RST).
    static func setLinger(_ socket: CInt, seconds: CInt) {
        var wait = linger(l_onoff: 1, l_linger: seconds)
        unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &wait, socklen_t(MemoryLayout<linger>.size))
    }

    /// Calls `body` with the address of a port.
    static func withAddress(
        _ host: UInt32 = defaultAddress, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void
    ) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
