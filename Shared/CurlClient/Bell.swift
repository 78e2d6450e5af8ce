import CCurl
import Glibc

/// What any thread rings to wake the client's thread, which waits for it along with its connections.
///
/// `curl_multi_wakeup` would need a lock against the end of the multi handle, held while the woken thread wants it too.
final class Bell: Sendable {
    /// Readable when the bell has been rung.
    let descriptor: CInt

    init() {
        descriptor = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no file descriptor for the HTTP client")
    }

    deinit { close(descriptor) }

    func ring() { eventfd_write(descriptor, 1) }

    /// Makes it possible to ring again.
    func reset() {
        var count: eventfd_t = 0
        unsafe eventfd_read(descriptor, &count)
    }
}
