import Synchronization

/// The writes that are committed in one transaction.
final class WriteGroup: Sendable {
    /// How the transaction ended.
    enum Outcome {
        case committed
        /// The commit failed. No change is stored, unless the code of the error is `unknownOutcome`.
        case failed(DatabaseError)
        /// An error of another write ended the transaction, so this write must run again.
        case lost
    }

    private struct State {
        var count = 0
        var actions: [@Sendable () -> Void] = []
        var outcome: Outcome?
        var waiters: [CheckedContinuation<Outcome, Never>] = []
    }

    private let state = Mutex(State())

    /// The number of writes that have run without an error.
    var count: Int { state.withLock { $0.count } }

    /// Adds a write that has run, with its actions after the commit.
    func add(_ actions: [@Sendable () -> Void]) {
        state.withLock { state in
            state.count += 1
            state.actions += actions
        }
    }

    /// Ends the group. After a commit, first runs the actions of its writes in their order.
    func end(_ outcome: Outcome) {
        if case .committed = outcome {
            for action in state.withLock({ $0.actions }) { action() }
        }
        let waiters = state.withLock { state in
            state.outcome = outcome
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    /// Waits for the end of the group. Once a write has run, cancelling its task no longer stops it.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiters.append(continuation) }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
