import NIOPosix
import Synchronization

/// Hashes and checks passwords on threads of its own, so many at once and no more.
///
/// A hash takes 32 MiB and 100 ms of a core. Two threads bound the memory and leave the event loops and Swift's own
/// threads alone; the bounded queue before them turns a flood into an answer that says when to come again.
final class PasswordHasher: Sendable {
    /// How many hashes are computed at once.
    static let maxConcurrent = 2
    /// How many requests may wait for a hash or be computing it: about five seconds of work.
    static let maxPending = 100

    /// After how many seconds a full queue has room again.
    static let retryAfterSeconds = 1

    /// The outcome of work that waits for a thread.
    enum Outcome<Value: Sendable & Equatable>: Sendable, Equatable {
        case finished(Value)
        /// The queue was full, and nothing was computed.
        case busy
    }

    /// What there was to do so far.
    struct Load: Sendable {
        /// The requests that wait for a hash, or whose hash is being computed.
        var pending = 0
        /// The hashes that were asked for since the start.
        var total = 0
    }

    private let cost: PasswordHash.Cost
    private let threads = NIOThreadPool(numberOfThreads: maxConcurrent)
    private let currentLoad = Mutex(Load())

    /// Makes hashes that cost `cost`.
    init(cost: PasswordHash.Cost) {
        self.cost = cost
        threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    var load: Load { currentLoad.withLock { $0 } }

    /// Hashes a new password.
    ///
    /// - Throws: `CancellationError`.
    func hash(_ password: Password) async throws -> Outcome<PasswordHash> {
        let cost = cost
        return try await run { try PasswordHash(of: password, cost: cost) }
    }

    /// Whether `password` is that of `hash`. Without a hash the answer is no, at the same cost.
    ///
    /// - Throws: `CancellationError`.
    func verify(_ password: Password, against hash: PasswordHash?) async throws -> Outcome<Bool> {
        let hash = hash ?? .unmatchable(cost: cost)
        return try await run { try hash.matches(password) }
    }

    /// Whether a hash is cheaper to guess at than new ones are.
    func isOutdated(_ hash: PasswordHash) -> Bool {
        hash.cost < cost
    }

    private func run<Value: Sendable & Equatable>(_ work: @escaping @Sendable () throws -> Value) async throws
        -> Outcome<Value>
    {
        let isAdmitted = currentLoad.withLock { load in
            guard load.pending < Self.maxPending else { return false }
            load.pending += 1
            load.total += 1
            return true
        }
        guard isAdmitted else { return .busy }
        defer { currentLoad.withLock { $0.pending -= 1 } }
        return .finished(try await threads.runIfActive(work))
    }
}
