import CCurl
import Glibc

/// An event (`eventfd`) that wakes the client's thread, which waits for it and for its connections at the same time.
///
/// `curl_multi_wakeup` does the same, but must not be called while the multi handle is being freed. To prevent that,
/// callers would have to hold a lock during the call. The woken thread would then wait for that lock.
final class WakeupEvent: Sendable {
    /// The file descriptor, which is readable from `signal` to `reset`.
    let descriptor: CInt

    init() {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "the HTTP client cannot create an eventfd")
    }

    deinit { close(descriptor) }

    /// Wakes the thread, from any other thread.
    func signal() { eventfd_write(descriptor, 1) }

    /// Prepares for the next `signal`.
    func reset() {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
    }
}
