internal import GRDB
import Synchronization

/// The connections that read a database file. Each is used by one read at a time.
final class SQLiteReaders: Sendable {
    private struct State {
        var idle: [DatabaseQueue] = []
        var all: [DatabaseQueue] = []
        var isClosed = false
    }

    /// How many reads reach the threads at once. More than run, so a thread finds its next read without a detour.
    static let turnCount = 4 * DatabaseThreads.maximumCount

    private let threads: DatabaseThreads
    private let turns = TurnQueue(turns: turnCount)
    private let path: String
    private let configuration: Configuration
    private let state = Mutex(State())

    /// - Parameter configuration: The configuration of the writer.
    /// - Throws: `DatabaseError` with code `unavailable` if the system cannot start a thread for reads.
    init(path: String, configuration: Configuration) throws(DatabaseError) {
        threads = try DatabaseThreads.shared
        self.path = path
        var configuration = configuration
        configuration.readonly = true
        self.configuration = configuration
    }

    /// How long the next read has waited for others.
    var delay: Duration { turns.delay }

    /// Runs `work` in one transaction, on one of the `DatabaseThreads`.
    ///
    /// - Parameter deadline: The time until which the read waits for other reads.
    /// - Throws: The error that `work` throws; `DatabaseError`; an error of GRDB; `CancellationError`.
    func read<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (GRDB.Database) throws -> Result
    ) async throws -> Result {
        guard await turns.enter(until: deadline) else {
            try Task.checkCancellation()
            throw Self.isBusy
        }
        return try await withTaskExecutorPreference(threads) {
            // Here, because the task may wait for its own executor afterwards.
            defer { turns.leave() }
            try Task.checkCancellation()
            guard deadline > .now else { throw Self.isBusy }
            let connection = try take()
            defer { putBack(connection) }
            return try Self.inTransaction(of: connection) { database in
                try database.endingWhenCancelled { try work(database) }
            }
        }
    }

    private static let isBusy = DatabaseError(.busy, "Other reads have kept the database busy")

    /// Waits for running reads and closes all connections. Later reads throw `unavailable`.
    func close() throws {
        let connections = state.withLock { state in
            state.isClosed = true
            return state.all
        }
        let results = connections.map { connection in Result { try connection.close() } }
        for result in results { try result.get() }
    }

    /// `DatabaseQueue.read` does the same, and compiles its statements each time.
    private static func inTransaction<Result>(
        of connection: DatabaseQueue, _ work: (GRDB.Database) throws -> Result
    ) throws -> Result {
        try connection.unsafeRead { database in
            try database.cachedStatement(sql: "BEGIN").execute()
            defer {
                do {
                    try database.cachedStatement(sql: "COMMIT").execute()
                } catch {
                    try? database.rollback()
                }
            }
            return try work(database)
        }
    }

    private func take() throws -> DatabaseQueue {
        let idle: DatabaseQueue? = try state.withLock { state in
            guard !state.isClosed else { throw DatabaseError(.unavailable, "The database has been closed") }
            return state.idle.popLast()
        }
        if let idle { return idle }
        let new = try DatabaseQueue(path: path, configuration: configuration)
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseError(.unavailable, "The database has been closed") }
            state.all.append(new)
        }
        return new
    }

    private func putBack(_ connection: DatabaseQueue) {
        state.withLock { $0.idle.append(connection) }
    }
}
