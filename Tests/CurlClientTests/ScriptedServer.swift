import Foundation
import Glibc
import Synchronization

/// A TCP server on loopback that does what a script says, byte for byte. Each connection has a thread of its own.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: CInt
    private let record = Mutex(Record())

    private struct Record {
        var connections = 0
        var open = 0
        var mostOpen = 0
        var requests: [ReceivedRequest] = []
    }

    /// Listens on a free port. The connection is closed when the script returns.
    init(_ script: @escaping @Sendable (ServerConnection) -> Void) {
        (listener, port) = listen(backlog: 512)
        Thread.detachNewThread { [self] in
            while true {
                let socket = accept(listener, nil, nil)
                guard socket >= 0 else { return }
                let number = hasOpened()
                Thread.detachNewThread { [self] in
                    script(ServerConnection(socket: socket, number: number, server: self))
                    Glibc.close(socket)
                    record.withLock { $0.open -= 1 }
                }
            }
        }
    }

    /// A server that gives every request the same answer, on connections that it keeps.
    static func answering(_ answer: String) -> ScriptedServer {
        ScriptedServer { connection in
            while connection.readRequest() != nil { connection.send(answer) }
        }
    }

    func url(_ path: String = "/", scheme: String = "http") -> String { "\(scheme)://127.0.0.1:\(port)\(path)" }

    /// How many connections were accepted.
    var connections: Int { record.withLock { $0.connections } }
    /// How many were open at the same time, at most.
    var mostOpenConnections: Int { record.withLock { $0.mostOpen } }
    /// All requests, in the order of arrival.
    var requests: [ReceivedRequest] { record.withLock { $0.requests } }

    /// Ends listening; connections go on.
    func stop() { Glibc.shutdown(listener, Int32(SHUT_RDWR)) }

    fileprivate func hasReceived(_ request: ReceivedRequest) { record.withLock { $0.requests.append(request) } }

    private func hasOpened() -> Int {
        record.withLock { record in
            record.connections += 1
            record.open += 1
            record.mostOpen = max(record.mostOpen, record.open)
            return record.connections
        }
    }
}

struct ReceivedRequest: Sendable {
    let lines: [String]
    let body: [UInt8]

    /// Such as `GET / HTTP/1.1`.
    var requestLine: String { lines.first ?? "" }

    /// The values of a field, by its lower-case name.
    func values(_ name: String) -> [String] {
        lines.dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].lowercased() == name else { return nil }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
    }
}

/// The server's end of one connection.
struct ServerConnection: Sendable {
    let socket: CInt
    /// 1 for the first connection of the server.
    let number: Int
    let server: ScriptedServer

    /// Reads one request with its body; `nil` when the client closes instead.
    func readRequest() -> ReceivedRequest? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = read(1).first else { return nil }
            head.append(byte)
        }
        let lines = String(decoding: head.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
        var request = ReceivedRequest(lines: lines, body: [])
        let length = request.values("content-length").first.flatMap { Int($0) } ?? 0
        request = ReceivedRequest(lines: lines, body: read(length))
        guard request.body.count == length else { return nil }
        server.hasReceived(request)
        return request
    }

    /// Sends all of a text. Returns false when the client has closed.
    @discardableResult
    func send(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Returns when the client has closed the connection.
    func waitForClose() { while !read(4096, exactly: false).isEmpty {} }

    private func read(_ count: Int, exactly: Bool = true) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var have = 0
        while have < count {
            let now = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe recv(socket, bytes.baseAddress.map { unsafe $0 + have }, count - have, 0)
            }
            guard now > 0 else { break }
            have += now
            if !exactly { break }
        }
        return Array(buffer.prefix(have))
    }
}

/// A listening socket whose queue is full, so that the system answers no further connection.
final class BlackHole: Sendable {
    let port: UInt16
    private let sockets: [CInt]

    init() {
        let (listener, port) = listen(backlog: 0)
        let clients = (0..<4).map { _ in
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            unsafe withLoopback(port) { unsafe _ = connect(client, $0, $1) }
            return client
        }
        self.port = port
        sockets = clients + [listener]
    }

    deinit { for socket in sockets { close(socket) } }
}

/// A port of this machine that is taken, and on which nothing listens.
final class ClosedPort: Sendable {
    let port: UInt16
    private let socket: CInt

    init() { (socket, port) = bindLoopback() }

    deinit { close(socket) }
}

private func listen(backlog: Int32) -> (socket: CInt, port: UInt16) {
    let (socket, port) = bindLoopback()
    precondition(listen(socket, backlog) == 0)
    return (socket, port)
}

private func bindLoopback() -> (socket: CInt, port: UInt16) {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    unsafe withLoopback(0) { unsafe precondition(bind(socket, $0, $1) == 0) }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe _ = getsockname(socket, $0, &size) }
    }
    return (socket, UInt16(bigEndian: address.sin_port))
}

private func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Void) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
