import NIOPosix
import Synchronization

/// Hashes and checks passwords on its own threads, with a bounded queue.
///
/// A hash takes 32 MiB and 100 ms of a core. Two threads bound the memory, and they leave the event loops and Swift's
/// own threads free. The bounded queue turns a flood of requests into responses that say when to try again.
final class PasswordHasher: Sendable {
    /// The number of threads, and so the maximum number of concurrent hashes.
    static let threadCount = 2
    /// The maximum number of requests that wait for a hash or have one computed: about five seconds of work.
    static let maximumPending = 100
    /// The time after which a full queue has room again, in seconds.
    static let retryAfterSeconds = 1

    /// The outcome of work that waits for a thread.
    enum Outcome<Value: Sendable & Equatable>: Sendable, Equatable {
        case finished(Value)
        /// The queue was full, and nothing was computed.
        case busy
    }

    /// The work of a hasher.
    struct Load: Sendable {
        /// The number of requests that wait for a hash or have one computed.
        var pending = 0
        /// The number of hashes since the start.
        var total = 0
    }

    private let cost: PasswordHash.Cost
    private let threads = NIOThreadPool(numberOfThreads: threadCount)
    private let currentLoad = Mutex(Load())

    /// - Parameter cost: The cost of new hashes.
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

    /// Checks whether a password matches a hash.
    ///
    /// - Parameter hash: The hash of the account; nil for an account that does not exist. Then no password matches, and
    ///   the check takes the same time.
    /// - Throws: `CancellationError`.
    func verify(_ password: Password, against hash: PasswordHash?) async throws -> Outcome<Bool> {
        let hash = hash ?? .unmatchable(cost: cost)
        return try await run { try hash.matches(password) }
    }

    /// Whether a hash costs less to compute than new hashes.
    func isOutdated(_ hash: PasswordHash) -> Bool {
        hash.cost < cost
    }

    private func run<Value: Sendable & Equatable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Outcome<Value> {
        let isAdmitted = currentLoad.withLock { load in
            guard load.pending < Self.maximumPending else { return false }
            load.pending += 1
            load.total += 1
            return true
        }
        guard isAdmitted else { return .busy }
        defer { currentLoad.withLock { $0.pending -= 1 } }
        return .finished(try await threads.runIfActive(work))
    }
}
