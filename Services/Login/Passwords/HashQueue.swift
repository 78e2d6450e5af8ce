import ServiceRuntime
import Synchronization

/// Lets a few passwords be hashed at a time, and a bounded number of requests wait for that.
///
/// - Each network has a bounded number of requests, and the networks take turns. A network that sends many requests
///   delays the others by one hash at most.
/// - Sign-ups have their own bounds and only one of the threads, so a flood of sign-ups never blocks a sign-in.
/// - A request leaves the queue when its client has gone or stops waiting, and after `maximumWait`. Nothing is hashed for it.
final class HashQueue: Sendable {
    /// The purpose of a hash.
    enum Purpose: Hashable, Sendable {
        /// A sign-in, or a change that needs the current password.
        case signIn
        case signUp

        /// The maximum number of concurrent hashes.
        var maximumRunning: Int { self == .signIn ? PasswordHasher.threadCount : PasswordHasher.threadCount - 1 }
        /// The maximum number of requests that wait or have a password hashed.
        var maximumPending: Int { self == .signIn ? 60 : 100 }
        /// The maximum number of these requests from one network.
        var maximumPendingOfNetwork: Int { self == .signIn ? 20 : 50 }
    }

    /// How long a request waits for its turn.
    private static let maximumWait = Duration.seconds(5)

    private struct Request: Sendable {
        let id: Int
        let purpose: Purpose
        let network: String
    }

    private struct Waiter {
        let request: Request
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var lastID = 0
        var lastTurn = 0
        var pending: [Request] = []
        var running: [Request] = []
        var waiters: [Waiter] = []
        /// The number of the last turn of each network with pending requests.
        var turns: [String: Int] = [:]

        /// Admits a request. Returns nil when too many are pending.
        mutating func admit(_ purpose: Purpose, _ network: String) -> Request? {
            let others = pending.filter { $0.purpose == purpose }
            guard others.count < purpose.maximumPending,
                others.count(where: { $0.network == network }) < purpose.maximumPendingOfNetwork
            else { return nil }
            lastID += 1
            let request = Request(id: lastID, purpose: purpose, network: network)
            pending.append(request)
            return request
        }

        mutating func remove(_ request: Request) {
            pending.removeAll { $0.id == request.id }
            running.removeAll { $0.id == request.id }
            if !pending.contains(where: { $0.network == request.network }) { turns[request.network] = nil }
        }

        /// Removes the waiter whose turn it is: of the network with the fewest running hashes, and then of the one whose
        /// last turn was the longest ago.
        mutating func takeNext() -> Waiter? {
            guard running.count < PasswordHasher.threadCount else { return nil }
            let index = waiters.indices
                .filter { index in
                    let purpose = waiters[index].request.purpose
                    return running.count(where: { $0.purpose == purpose }) < purpose.maximumRunning
                }
                .min { precedence(of: waiters[$0].request) < precedence(of: waiters[$1].request) }
            guard let index else { return nil }
            let waiter = waiters.remove(at: index)
            running.append(waiter.request)
            lastTurn += 1
            turns[waiter.request.network] = lastTurn
            return waiter
        }

        private func precedence(of request: Request) -> (running: Int, turn: Int, id: Int) {
            (running.count { $0.network == request.network }, turns[request.network] ?? 0, request.id)
        }
    }

    private let state = Mutex(State())

    /// The number of requests that wait or have a password hashed.
    var pendingCount: Int { state.withLock { $0.pending.count } }

    /// Runs `work` when it is the turn of the request. Returns nil, without running it, when too many requests are
    /// pending, or when the turn has not come in time.
    ///
    /// - Parameters:
    ///   - network: The network that the request comes from, as `NetworkAddress` writes it.
    ///   - deadline: The time at which the client stops waiting; nil if it is unknown.
    /// - Throws: The error of `work`; `CancellationError` when the task is cancelled or the client has gone.
    func run<Result>(
        for purpose: Purpose, of network: String, until deadline: ContinuousClock.Instant? = nil,
        _ work: () async throws -> Result
    ) async throws -> Result? {
        let latest = ContinuousClock.now + Self.maximumWait
        let end = deadline.map { min($0, latest) } ?? latest
        guard let request = state.withLock({ $0.admit(purpose, network) }) else { return nil }
        defer {
            state.withLock { $0.remove(request) }
            startNext()
        }
        guard try await ClientConnection.cancellingOnClose({ await self.waitForTurn(request, until: end) }) else {
            try Task.checkCancellation()
            return nil
        }
        return try await work()
    }

    /// Returns false when the task is cancelled, and at the deadline.
    private func waitForTurn(_ request: Request, until deadline: ContinuousClock.Instant) async -> Bool {
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            endWait(of: request)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !Task.isCancelled, deadline > .now else { return true }
                    state.waiters.append(Waiter(request: request, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume(returning: false) } else { startNext() }
            }
        } onCancel: {
            endWait(of: request)
        }
    }

    /// Ends the wait of a request that has had no turn.
    private func endWait(of request: Request) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.request.id == request.id }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(returning: false)
    }

    private func startNext() {
        while let waiter = state.withLock({ $0.takeNext() }) { waiter.continuation.resume(returning: true) }
    }
}
