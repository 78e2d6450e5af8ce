import Foundation
import NIOPosix
import ServiceRuntime
import Synchronization
import Tracing

/// Hashes and checks passwords on its own threads, in the turns of a bounded queue.
///
/// A hash takes 32 MiB and 0.2 to 0.3 s of a core. Two threads bound the memory, and they leave the event loops and
/// Swift's own threads free. The bounded queue turns a flood of requests into responses that say when to try again.
final class PasswordHasher: Sendable {
    /// The number of threads, and so the maximum number of concurrent hashes.
    static let threadCount = 2
    /// The time after which a full queue has room again, in seconds.
    static let retryAfterSeconds = 1
    /// The niceness of the threads (sched(7)). So they get a third of the time of another thread that is always busy.
    static let niceness: Int32 = 5
    private static let thisThread: id_t = 0

    /// The work of a hasher.
    struct Load: Sendable {
        /// The number of requests that wait for a hash or have one computed.
        var pending = 0
        /// The number of hashes and checks since the start.
        var total = 0
        /// Their work, as `PasswordHash.Cost.work` counts it.
        var work = 0
    }

    /// The right to hash while other requests wait.
    struct Turn: Sendable {
        fileprivate let hasher: PasswordHasher

        /// Hashes a new password.
        ///
        /// - Throws: `CancellationError`.
        func hash(_ password: Password) async throws -> PasswordHash {
            let cost = hasher.cost
            return try await hasher.compute(work: cost.work) { try PasswordHash(of: password, cost: cost) }
        }

        /// Checks whether a password matches a hash.
        ///
        /// The check of an outdated hash costs less than that of a new one. The rest of the cost is spent too, so the time
        /// does not tell which names exist.
        ///
        /// - Parameter hash: The hash of the account; nil for an account that does not exist. Then no password matches,
        ///   and the check takes the same time.
        /// - Throws: `CancellationError`.
        func verify(_ password: Password, against hash: PasswordHash?) async throws -> Bool {
            let hash = hash ?? .unmatchable(cost: hasher.cost)
            let rest = hasher.cost.rest(after: hash.cost)
            return try await hasher.compute(work: hash.cost.work + (rest?.work ?? 0)) {
                let matches = try hash.matches(password)
                if let rest { _ = try PasswordHash(of: password, cost: rest) }
                return matches
            }
        }
    }

    private let cost: PasswordHash.Cost
    private let queue = HashQueue()
    private let threads = NIOThreadPool(numberOfThreads: threadCount)
    private let computed = Mutex(Load())

    /// - Parameter cost: The cost of new hashes.
    init(cost: PasswordHash.Cost) {
        self.cost = cost
        threads.start()
    }

    deinit {
        threads.shutdownGracefully { _ in }
    }

    var load: Load {
        var load = computed.withLock { $0 }
        load.pending = queue.pendingCount
        return load
    }

    /// Runs `work` when it is the turn of the request. Returns nil, without running it, when too many requests are
    /// pending, or when the turn has not come in time.
    ///
    /// - Parameter network: The network that the request comes from, as `NetworkAddress` writes it.
    /// - Throws: The error of `work`; `CancellationError` when the task is cancelled or the client has gone.
    func withTurn<Result>(
        for purpose: HashQueue.Purpose, of network: String, _ work: (Turn) async throws -> Result
    ) async throws -> Result? {
        try await queue.run(for: purpose, of: network, until: RequestScope.current?.deadline) {
            try await work(Turn(hasher: self))
        }
    }

    /// Whether a hash costs less to compute than new hashes.
    func isOutdated(_ hash: PasswordHash) -> Bool {
        hash.cost < cost
    }

    private func compute<Value: Sendable>(
        work: Int, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        computed.withLock {
            $0.total += 1; $0.work += work
        }
        return try await withSpan("hash password") { _ in
            try await threads.runIfActive {
                Self.letOthersGoFirst()
                return try body()
            }
        }
    }

    /// Gives the current thread a lower priority. A hash takes as long as thousands of other requests, and those need little time
    /// each. On a core that is free, this changes nothing.
    private static func letOthersGoFirst() {
        _ = setpriority(Int32(PRIO_PROCESS.rawValue), thisThread, niceness)
    }
}
