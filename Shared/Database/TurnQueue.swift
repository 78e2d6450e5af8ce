import Synchronization

/// Lets a limited number of tasks have a turn at the same time, in the order of arrival.
///
/// A task gives up at its deadline. Writes that arrive while another process has the lock of a file therefore fail one
/// deadline after their own start, instead of one after the other. The number of tasks that wait is bounded too.
final class TurnQueue: Sendable {
    /// The maximum number of tasks that wait. Further tasks get no turn.
    static let maximumWaiting = 1000

    private struct Waiter {
        let id: Int
        let deadline: ContinuousClock.Instant
        let since = ContinuousClock.now
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var freeTurns: Int
        var nextID = 0
        var waiters: [Waiter] = []
        /// When the waiters whose deadline has passed are removed; nil while no task waits.
        var nextRemoval: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    init(turns: Int) {
        state = Mutex(State(freeTurns: turns))
    }

    /// Waits for the turn of the caller, who must call `leave` when it ends. Returns false at the deadline, when the task
    /// is cancelled, and when too many tasks wait.
    func enter(until deadline: ContinuousClock.Instant) async -> Bool {
        let id: Int? = state.withLock { state in
            guard state.freeTurns == 0 else {
                state.freeTurns -= 1
                return nil
            }
            state.nextID += 1
            return state.nextID
        }
        guard let id else { return true }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait(Waiter(id: id, deadline: deadline, continuation: $0)) }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// How long the next task has waited; zero when no task waits.
    var delay: Duration {
        let since = state.withLock { $0.waiters.first?.since }
        return since.map { .now - $0 } ?? .zero
    }

    /// Ends the turn of the caller.
    func leave() {
        let next: Waiter? = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.freeTurns += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.continuation.resume(returning: true)
    }

    /// Lets tasks that wait now share the turn of the caller. The caller ends the turn when all of them have finished.
    ///
    /// - Returns: The number of these tasks, at most `count`.
    func shareTurn(withAtMost count: Int) -> Int {
        let sharing = state.withLock { state in
            let sharing = Array(state.waiters.prefix(count))
            state.waiters.removeFirst(sharing.count)
            return sharing
        }
        for waiter in sharing { waiter.continuation.resume(returning: true) }
        return sharing.count
    }

    private func wait(_ waiter: Waiter) {
        let (result, removal) = state.withLock { state -> (Bool?, ContinuousClock.Instant?) in
            if Task.isCancelled { return (false, nil) }
            if state.freeTurns > 0 {
                state.freeTurns -= 1
                return (true, nil)
            }
            guard waiter.deadline > .now, state.waiters.count < Self.maximumWaiting else { return (false, nil) }
            state.waiters.append(waiter)
            if let next = state.nextRemoval, next <= waiter.deadline { return (nil, nil) }
            state.nextRemoval = waiter.deadline
            return (nil, waiter.deadline)
        }
        if let result { waiter.continuation.resume(returning: result) }
        if let removal { removeWaiters(at: removal) }
    }

    /// Removes the waiters whose deadline has passed, at `instant`. One timer serves all of them.
    private func removeWaiters(at instant: ContinuousClock.Instant) {
        Task.detached { [weak self] in
            try? await Task.sleep(until: instant, clock: .continuous)
            self?.removeWaiters(due: instant)
        }
    }

    private func removeWaiters(due instant: ContinuousClock.Instant) {
        let (late, next) = state.withLock { state -> ([Waiter], ContinuousClock.Instant?) in
            // A waiter with an earlier deadline has set another timer.
            guard state.nextRemoval == instant else { return ([], nil) }
            let late = state.waiters.filter { $0.deadline <= instant }
            state.waiters.removeAll { $0.deadline <= instant }
            state.nextRemoval = state.waiters.map(\.deadline).min()
            return (late, state.nextRemoval)
        }
        for waiter in late { waiter.continuation.resume(returning: false) }
        if let next { removeWaiters(at: next) }
    }
}
