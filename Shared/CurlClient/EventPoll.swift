import CCurl
import Glibc

/// The events that the client's thread waits for: sockets that are ready, and calls of `wake`.
///
/// It consists of an `epoll` and an `eventfd`. Any thread may change the sockets while the client's thread waits.
final class EventPoll: Sendable {
    /// A socket with the operations that it is ready for, as libcurl's `CURL_CSELECT_` bits.
    struct Readiness {
        let socket: CInt
        let operations: CInt
    }

    private let epoll: CInt
    private let wakeup: CInt

    private static let maximumEvents = 64
    private static let readable = EPOLLIN.rawValue
    private static let writable = EPOLLOUT.rawValue

    init() {
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        wakeup = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(epoll >= 0 && wakeup >= 0, "the HTTP client cannot create an epoll and an eventfd")
        change(EPOLL_CTL_ADD, wakeup, events: Self.readable)
    }

    deinit {
        close(wakeup)
        close(epoll)
    }

    /// Ends the current or the next wait, from any thread.
    func wake() { eventfd_write(wakeup, 1) }

    /// Adds a socket, or changes what is awaited for it. `events` is an OR of `EPOLLIN` and `EPOLLOUT`.
    func set(_ socket: CInt, events: UInt32, isNew: Bool) {
        change(isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, events: events)
    }

    /// Removes a socket.
    func remove(_ socket: CInt) { change(EPOLL_CTL_DEL, socket, events: 0) }

    /// Waits until a socket is ready, `wake` is called, or the time has passed. Replaces `ready` with the ready sockets.
    func wait(milliseconds: Int, into ready: inout [Readiness]) {
        ready.removeAll(keepingCapacity: true)
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.maximumEvents) { events in
            let count = unsafe epoll_wait(
                epoll, events.baseAddress, CInt(Self.maximumEvents), CInt(clamping: milliseconds))
            for index in 0..<max(0, Int(count)) { unsafe add(events[index], to: &ready) }
        }
    }

    private func add(_ event: epoll_event, to ready: inout [Readiness]) {
        let socket = unsafe event.data.fd
        guard socket != wakeup else { return reset() }
        let isReadable = unsafe event.events & Self.readable != 0
        let isWritable = unsafe event.events & Self.writable != 0
        let hasFailed = unsafe event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        ready.append(
            Readiness(
                socket: socket,
                operations: (isReadable ? CURL_CSELECT_IN : 0) | (isWritable ? CURL_CSELECT_OUT : 0)
                    | (hasFailed ? CURL_CSELECT_ERR : 0)))
    }

    private func reset() {
        var count: eventfd_t = 0
        unsafe eventfd_read(wakeup, &count)
    }

    private func change(_ operation: CInt, _ socket: CInt, events: UInt32) {
        var event = unsafe epoll_event()
        unsafe event.events = events
        unsafe event.data.fd = socket
        unsafe epoll_ctl(epoll, operation, socket, &event)
    }
}
