import Glibc
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(1)))
struct SocketInterestsTests {
    /// libcurl's constants `CURL_POLL_IN`, `CURL_POLL_OUT`, `CURL_POLL_INOUT` and `CURL_POLL_REMOVE`.
    private static let (input, output, inputOrOutput, removal): (CInt, CInt, CInt, CInt) = (1, 2, 3, 4)

    private let poll = EventPoll()
    private let interests: SocketInterests

    init() { interests = SocketInterests(poll: poll) }

    /// The two ends of a connection. The first is in `interests`.
    private func connection() -> (client: CInt, server: CInt) {
        let (listener, port) = Loopback.listen(backlog: 1)
        defer { close(listener) }
        let client = interests.open(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        unsafe Loopback.withAddress(port: port) { unsafe precondition(connect(client, $0, $1) == 0) }
        return (client, accept(listener, nil, nil))
    }

    /// The sockets that have an event within this time.
    private func readySockets(within milliseconds: Int) -> [CInt] {
        var ready: [EventPoll.Readiness] = []
        poll.wait(milliseconds: milliseconds, into: &ready)
        return ready.map(\.socket)
    }

    @Test(arguments: [input, output, inputOrOutput])
    func `input on an idle connection is noticed after an event that another thread has handled`(_ action: CInt) throws
    {
        let (client, server) = connection()
        defer {
            interests.close(client)
            close(server)
        }
        interests.set(client, action: action, of: nil)
        interests.set(client, action: Self.removal, of: nil)
        interests.handleUnwanted(client, pausedPorts: [])
        #expect(readySockets(within: 0) == [], "the client's thread would never sleep")

        #expect(unsafe send(server, "x", 1, 0) == 1)
        #expect(readySockets(within: 10_000) == [client])
        interests.handleUnwanted(client, pausedPorts: [])
        #expect(readySockets(within: 0) == [])
        var byte: UInt8 = 0
        #expect(unsafe recv(server, &byte, 1, 0) == 0, "the connection has ended")
    }
}
