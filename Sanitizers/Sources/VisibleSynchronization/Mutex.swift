import Glibc

/// `Mutex` of the module Synchronization, as far as CurlClient and its tests use it, on a mutex of the C library.
///
/// ThreadSanitizer knows the mutexes of the C library. Of `Synchronization.Mutex`, it only sees the part that is compiled into
/// its callers. A thread that had to wait takes the lock inside the standard library, which is not instrumented. So
/// ThreadSanitizer reports races between threads that use the same lock.
public struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private final class Storage {
        let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var value: Value

        init(_ value: consuming Value) {
            self.value = value
            pthread_mutex_init(lock, nil)
        }

        deinit {
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }
    }

    private let storage: Storage

    /// Creates a mutex that protects a value.
    public init(_ value: consuming sending Value) { storage = Storage(value) }

    /// Waits for the lock, and calls `body` with the value.
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(storage.lock)
        defer { pthread_mutex_unlock(storage.lock) }
        return try body(&storage.value)
    }

    /// Calls `body` with the value, unless another thread has the lock.
    public borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
        guard pthread_mutex_trylock(storage.lock) == 0 else { return nil }
        defer { pthread_mutex_unlock(storage.lock) }
        return try body(&storage.value)
    }
}
