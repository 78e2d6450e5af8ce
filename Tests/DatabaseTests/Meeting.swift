import Dispatch
import Synchronization

/// A point at which threads wait until a number of them has arrived. Later arrivals do not wait.
final class Meeting: Sendable {
    private let count: Mutex<Int>
    private let complete = DispatchSemaphore(value: 0)
    private let size: Int

    init(of size: Int) {
        self.size = size
        count = Mutex(0)
    }

    /// Blocks the thread until `size` threads have arrived.
    func wait() {
        let arrived = count.withLock { count in
            count += 1
            return count
        }
        guard arrived <= size else { return }
        if arrived == size {
            for _ in 1..<size { complete.signal() }
        } else {
            complete.wait()
        }
    }
}

/// A number that threads increment.
final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func increment() { value.withLock { $0 += 1 } }
}
