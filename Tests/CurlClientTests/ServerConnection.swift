import Foundation
import Glibc

/// A server's end of a connection.
struct ServerConnection: Sendable {
    let socket: CInt
    /// The number of the connection, from 1.
    let number: Int
    let server: ScriptedServer

    /// Reads a request with its body; `nil` when the client closes the connection.
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
        server.add(request)
        return request
    }

    /// Sends a text. Returns false when the client has closed the connection.
    @discardableResult
    func send(_ text: String) -> Bool { send(bytes: Array(text.utf8)) }

    /// Sends bytes. Returns false when the client has closed the connection.
    @discardableResult
    func send(bytes: [UInt8]) -> Bool { sendPart(of: bytes[...]).isEmpty }

    /// Sends bytes until the client has closed the connection or the send timeout has passed. Returns the rest.
    @discardableResult
    func sendPart(of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return rest
    }

    /// Reads this number of bytes; fewer when the client closes the connection.
    func readBytes(_ count: Int) -> [UInt8] { read(count) }

    /// Makes `send` fail after it has waited for this time; never if it is 0.
    func setSendTimeout(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Makes the close of the connection a reset (RST).
    func resetOnClose() { Loopback.setLinger(socket, seconds: 0) }

    /// Waits until the client has closed the connection.
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
