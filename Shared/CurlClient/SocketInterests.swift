import CCurl
import Glibc

/// What libcurl waits for: events of its sockets, and a time. libcurl's callbacks change it.
///
/// libcurl removes a socket after each response and adds it again for the next request. Each change of an `epoll` is a
/// system call, so the socket of a connection stays in it until it is closed, or until an event arrives between two
/// requests.
final class SocketInterests {
    private struct Interest {
        /// The events for which the socket is in the `epoll`; 0 when it is not in it.
        var polled: UInt32 = 0
        /// Whether the socket is one of a connection, which `open` made and `close` ends. libcurl has others, for example to
        /// learn that a name is resolved, and closes them itself.
        var isConnection = false
        /// Whether libcurl currently waits for the socket. If not, the connection is idle, or its transfer pauses.
        var isWanted = false
        /// Whether the last transfer of the connection has ended, instead of pausing.
        var isIdle = false
        /// Whether transfers share the connection. Its server may send without being asked (HTTP/2).
        var isMultiplexed = false
        /// The server at the other end; nil before the first response.
        var origin: TransferEngine.OriginState?
    }

    private let poll: EventPoll
    /// A time that has passed.
    private let creation = ContinuousClock.now
    /// The interests by socket number.
    private var interests: [Interest] = []
    /// The time at which libcurl wants to work without an event; nil when it needs none.
    private(set) var timer: ContinuousClock.Instant?

    init(poll: EventPoll) { self.poll = poll }

    /// The object for a pointer that libcurl passes to a callback.
    static func of(_ user: UnsafeMutableRawPointer?) -> SocketInterests? {
        unsafe user.map { unsafe Unmanaged<SocketInterests>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Opens the socket of a connection. Child processes do not inherit it.
    func open(_ family: CInt, _ type: CInt, _ protocol: CInt) -> CInt {
        let socket = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), `protocol`)
        if socket >= 0 { interests[makeRoom(for: socket)].isConnection = true }
        return socket
    }

    /// Whether libcurl waits for a socket.
    func isWanted(_ socket: CInt) -> Bool { interests.indices.contains(Int(socket)) && interests[Int(socket)].isWanted }

    /// Handles an event of a socket that libcurl does not wait for. An idle connection has ended, or it has received what nobody
    /// asked for. libcurl would take that for the response to the next request, so the connection ends.
    ///
    /// - Parameter pausedPorts: As for `endIdleConnections`.
    func handleUnwanted(_ socket: CInt, pausedPorts: [CInt]) {
        let interest = interests[makeRoom(for: socket)]
        guard interest.isIdle, !interest.isMultiplexed, !pausedPorts.contains(Self.localPort(of: socket)) else {
            return unpoll(socket)
        }
        guard Self.receive(from: socket, flags: MSG_PEEK) != nil else {
            // Another thread has read the response that the event was about, or the socket was writable.
            return setPolled(EPOLLIN.rawValue, of: socket)
        }
        // libcurl closes the socket when it makes the next connection. Until then, this end must not keep the server's waiting.
        unpoll(socket)
        Self.end(socket)
    }

    /// Ends a connection whose response is complete if it has further input, which nobody asked for.
    func endIfReadable(_ socket: CInt) {
        guard socket >= 0, let count = Self.receive(from: socket, flags: MSG_PEEK), count > 0 else { return }
        unpoll(socket)
        Self.end(socket)
    }

    /// Ends a connection. libcurl notices that when it wants to reuse it, but not while the socket has input.
    private static func end(_ socket: CInt) {
        shutdown(socket, CInt(SHUT_RDWR))
        while let count = receive(from: socket), count > 0 {}
    }

    /// Reads some input, which is discarded. Returns the number of bytes: 0 when the connection has ended, nil when it has no
    /// input. With `MSG_PEEK`, the input stays.
    private static func receive(from socket: CInt, flags: Int = 0) -> Int? {
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = unsafe recv(socket, buffer.baseAddress, buffer.count, CInt(flags | MSG_DONTWAIT))
            return count < 0 && errno == EAGAIN ? nil : max(0, count)
        }
    }

    /// Changes what libcurl waits for on a socket. `action` is one of libcurl's `CURL_POLL_` constants.
    func set(_ socket: CInt, action: CInt, of transfer: Transfer?) {
        let index = makeRoom(for: socket)
        guard action != CURL_POLL_REMOVE else {
            interests[index].isWanted = false
            interests[index].isIdle = interests[index].isConnection && transfer?.isPaused != true
            if !interests[index].isConnection { unpoll(socket) }
            return
        }
        let events =
            (action & CURL_POLL_IN != 0 ? EPOLLIN.rawValue : 0) | (action & CURL_POLL_OUT != 0 ? EPOLLOUT.rawValue : 0)
        setPolled(events, of: socket)
        interests[index].isWanted = true
        interests[index].isIdle = false
    }

    /// Records to which server a new connection goes, and whether transfers share it.
    func assign(_ socket: CInt, to origin: TransferEngine.OriginState, isMultiplexed: Bool) {
        guard socket >= 0, interests[makeRoom(for: socket)].isConnection else { return }
        interests[Int(socket)].origin = origin
        interests[Int(socket)].isMultiplexed = isMultiplexed
    }

    /// Ends the idle connections to a server.
    ///
    /// - Parameter pausedPorts: The ports at this machine of the connections of all transfers that pause. libcurl may not have
    ///   waited for the socket of such a transfer at all, so its connection may look idle.
    func endIdleConnections(to origin: TransferEngine.OriginState, pausedPorts: [CInt]) {
        for (index, interest) in interests.enumerated() where interest.origin === origin && interest.isIdle {
            if !pausedPorts.contains(Self.localPort(of: CInt(index))) { Self.end(CInt(index)) }
        }
    }

    /// The port of a connection at this machine; 0 for a unix socket.
    private static func localPort(of socket: CInt) -> CInt {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isKnown = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(socket, address, &size) == 0
            }
        }
        // The addresses of IPv4 and IPv6 have the port at the same position.
        let isInternet = [AF_INET, AF_INET6].contains(CInt(address.sin6_family))
        return isKnown && isInternet ? CInt(UInt16(bigEndian: address.sin6_port)) : 0
    }

    /// Closes a socket.
    func close(_ socket: CInt) {
        unpoll(socket)
        interests[makeRoom(for: socket)] = Interest()
        Glibc.close(socket)
    }

    /// Sets the time after which libcurl wants to work; it needs none if the time is negative.
    func setTimer(milliseconds: Int) {
        switch milliseconds {
        case ..<0: timer = nil
        // Most times are zero. They need no clock.
        case 0: timer = creation
        default: timer = .now + .milliseconds(milliseconds)
        }
    }

    /// Forgets the time, which has come. A time that stays would make the client's thread poll without a pause.
    func clearTimer() { timer = nil }

    /// Sets the events for which a socket is in the `epoll`.
    private func setPolled(_ events: UInt32, of socket: CInt) {
        let polled = exchange(&interests[makeRoom(for: socket)].polled, with: events)
        if polled != events { poll.set(socket, events: events, isNew: polled == 0) }
    }

    private func unpoll(_ socket: CInt) {
        if exchange(&interests[makeRoom(for: socket)].polled, with: 0) != 0 { poll.remove(socket) }
    }

    /// The index of a socket's interest.
    private func makeRoom(for socket: CInt) -> Int {
        while socket >= interests.count { interests.append(Interest()) }
        return Int(socket)
    }
}
