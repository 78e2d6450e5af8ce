import Synchronization

/// Lets a limited number of tasks have a turn at the same time, in the order of arrival.
///
/// A task gives up at its deadline. Writes that arrive while another process has the lock of a file therefore fail one
/// deadline after their own start, instead of one after the other.
final class TurnQueue: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var freeTurns: Int
        var nextID = 0
        var waiters: [Waiter] = []
    }

    private let state: Mutex<State>

    init(turns: Int) {
        state = Mutex(State(freeTurns: turns))
    }

    /// Waits for the turn of the caller, who must call `leave` when it ends. Returns false at the deadline, and when
    /// the task is cancelled.
    func enter(until deadline: ContinuousClock.Instant) async -> Bool {
        if takeFree() { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.waitForTurn() }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return false
            }
            var hasTurn = false
            for await result in group {
                // The turn may come while the deadline passes.
                hasTurn = hasTurn || result
                group.cancelAll()
            }
            return hasTurn
        }
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

    private func takeFree() -> Bool {
        state.withLock { state in
            guard state.freeTurns > 0 else { return false }
            state.freeTurns -= 1
            return true
        }
    }

    private func waitForTurn() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.freeTurns > 0 {
                        state.freeTurns -= 1
                        return true
                    }
                    state.waiters.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let waiter: Waiter? = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
