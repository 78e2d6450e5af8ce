import CCurl
import Glibc

/// The event with which any thread wakes the client's thread, which waits for it and for its connections at once (`eventfd`).
///
/// `curl_multi_wakeup` does the same, but must not be called when the multi handle is being freed. To rule that out, callers
/// would have to hold a lock during the call, and the woken thread would at once have to wait for that lock.
final class WakeupEvent: Sendable {
    /// Readable from `signal` to `reset`.
    let descriptor: CInt

    init() {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no file descriptor for the HTTP client")
    }

    deinit { close(descriptor) }

    func signal() { eventfd_write(descriptor, 1) }

    /// Makes it possible to wait for the next `signal`.
    func reset() {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
    }
}
