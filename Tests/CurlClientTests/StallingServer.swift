/// A server that reads a request, sends the start of a response, and then nothing.
final class StallingServer: Sendable {
    let hasRequest = OneTimeEvent()
    let isClosed = OneTimeEvent()
    let server: ScriptedServer

    /// Starts of responses that a stalling server can send.
    static let starts = ["", "HTTP/1.1 200 OK\r\nX: y", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]

    init(after start: String) {
        server = ScriptedServer { [hasRequest, isClosed] connection in
            guard connection.readRequest() != nil else { return }
            connection.send(start)
            hasRequest.signal()
            connection.waitForClose()
            isClosed.signal()
        }
    }
}
