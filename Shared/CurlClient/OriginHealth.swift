import Synchronization

/// What a client knows about the servers at one origin: whether they respond, and how many retries are left.
final class OriginHealth: Sendable {
    private struct State {
        var breaker = CircuitBreaker()
        var budget = RetryBudget()
    }

    private let state = Mutex(State())

    /// Begins an attempt; nil when the circuit breaker is open.
    func admitAttempt() -> CircuitBreaker.Admission? { state.withLock { $0.breaker.admit(at: .now) } }

    /// Records that the response to an attempt has begun.
    func beginResponse(_ admission: CircuitBreaker.Admission) { state.withLock { $0.breaker.beginResponse(admission) } }

    /// Ends an attempt. `isHealthy` is nil when the attempt did not show whether the server responds. Returns whether the
    /// circuit breaker opened.
    func endAttempt(_ admission: CircuitBreaker.Admission, isHealthy: Bool?) -> Bool {
        state.withLock { state in
            switch isHealthy {
            case true?: state.breaker.succeed()
            case false?: return state.breaker.fail(admission, at: .now)
            case nil: state.breaker.abandon(admission, at: .now)
            }
            return false
        }
    }

    /// Adds a call's share to the retry budget.
    func addCall() { state.withLock { $0.budget.addCall() } }

    /// Takes one retry from the budget. Returns false when none is left.
    func takeRetry() -> Bool { state.withLock { $0.budget.takeRetry() } }
}
