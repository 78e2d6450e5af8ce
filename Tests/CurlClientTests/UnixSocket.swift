import Glibc

/// Sockets in the file system.
enum UnixSocket {
    /// A listening socket at a path.
    static func listen(at path: String, backlog: Int32) -> CInt {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe precondition(bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
        precondition(Glibc.listen(socket, backlog) == 0)
        return socket
    }
}
