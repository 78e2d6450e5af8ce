import Dispatch
import Synchronization

/// An event that happens once, which tasks and threads can wait for.
final class OneTimeEvent: Sendable {
    private struct State {
        var hasHappened = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let semaphore = DispatchSemaphore(value: 0)

    /// Makes the event happen.
    func signal() {
        let waiting = state.withLock { state in
            state.hasHappened = true
            return exchange(&state.waiting, with: [])
        }
        for continuation in waiting { continuation.resume() }
        semaphore.signal()
    }

    /// Waits for the event in a task.
    func wait() async {
        await withCheckedContinuation { continuation in
            let hasHappened = state.withLock { state in
                if !state.hasHappened { state.waiting.append(continuation) }
                return state.hasHappened
            }
            if hasHappened { continuation.resume() }
        }
    }

    /// Waits for the event in a thread of a server.
    func blockingWait() {
        semaphore.wait()
        semaphore.signal()
    }

    /// Waits for the event in a thread of a server. Returns false when it does not happen in time.
    @discardableResult
    func blockingWait(milliseconds: Int) -> Bool {
        guard semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return false }
        semaphore.signal()
        return true
    }
}
