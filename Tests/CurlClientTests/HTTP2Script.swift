/// A server's side of HTTP/2 without TLS, as far as a test needs it (RFC 9113).
enum HTTP2Script {
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    private static let (headers, settings, ping): (UInt8, UInt8, UInt8) = (1, 4, 6)
    private static let (acknowledgement, endStream, endHeaders): (UInt8, UInt8, UInt8) = (1, 1, 4)

    /// Responds to each request with `200` and `hello`, until the client closes the connection.
    static func respond(on connection: ServerConnection) {
        guard connection.readBytes(preface.utf8.count) == Array(preface.utf8) else { return }
        connection.send(bytes: message(settings, flags: 0, stream: [0, 0, 0, 0], []))
        while true {
            let head = connection.readBytes(9)
            guard head.count == 9 else { return }
            let length = head[..<3].reduce(0) { $0 << 8 | Int($1) }
            let payload = connection.readBytes(length)
            let (type, flags, stream) = (head[3], head[4], Array(head[5...]))
            switch type {
            case settings where flags & acknowledgement == 0:
                connection.send(bytes: message(settings, flags: acknowledgement, stream: stream, []))
            case ping where flags & acknowledgement == 0:
                connection.send(bytes: message(ping, flags: acknowledgement, stream: stream, payload))
            case headers:
                // 0x88 is `:status: 200` in HPACK's static table (RFC 7541, appendix A).
                connection.send(bytes: message(headers, flags: endHeaders, stream: stream, [0x88]))
                connection.send(bytes: message(0, flags: endStream, stream: stream, Array("hello".utf8)))
            default: break
            }
        }
    }

    private static func message(_ type: UInt8, flags: UInt8, stream: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF), type, flags]
            + stream
            + payload
    }
}
