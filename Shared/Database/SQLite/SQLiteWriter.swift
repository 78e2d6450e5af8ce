internal import GRDB
internal import GRDBSQLite
import Synchronization

/// The connection that writes a database. It has a thread.
///
/// A commit syncs the disk, which takes longer than most writes. Writes that wait while another one runs therefore run in the
/// same transaction, each after the first in a savepoint, and one commit stores all of them. A write that fails is rolled
/// back to its savepoint. No write returns or throws before the commit, because it may have read the changes of those before
/// it.
final class SQLiteWriter: Sendable {
    /// The maximum number of writes in one transaction.
    private static let maximumGroupCount = 64

    private struct State {
        /// The writes of the open transaction; nil between transactions.
        var group: WriteGroup?
        /// The number of writes that have joined the open transaction, with or without an error.
        var memberCount = 0
        /// The number of writes that share the turn and have not run yet.
        var expectedCount = 0
        var isClosed = false
    }

    private let connection: DatabaseQueue
    private let lockDeadline: LockDeadline
    /// The write-ahead log of a file; nil for a database in memory.
    private let log: WriteAheadLog?
    private let thread: WriterThread
    private let turns = TurnQueue(turns: 1)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - lockDeadline: The time until which `connection` waits for the lock of another process.
    ///   - log: The write-ahead log of `connection`; nil for a database in memory.
    /// - Throws: `DatabaseError` with code `unavailable` if the system cannot start the thread.
    init(_ connection: DatabaseQueue, lockDeadline: LockDeadline, log: WriteAheadLog?) throws(DatabaseError) {
        (self.connection, self.lockDeadline, self.log) = (connection, lockDeadline, log)
        thread = try WriterThread()
    }

    /// Runs `work` in a transaction and commits it.
    ///
    /// - Parameters:
    ///   - deadline: The time until which the write waits for other writes and for the lock of another process.
    ///   - isReadOnly: Whether `work` may not change the database.
    /// - Throws: The error that `work` throws; `DatabaseError`; an error of GRDB; `CancellationError`.
    func run<Result: Sendable>(
        until deadline: ContinuousClock.Instant, isReadOnly: Bool = false,
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        while true {
            guard await turns.enter(until: deadline) else {
                try Task.checkCancellation()
                throw DatabaseError(.busy, "Other writes have kept the database busy")
            }
            let (result, group) = try await takePart(until: deadline) { connection, database in
                isReadOnly ? try database.readOnly { try work(connection) } : try work(connection)
            }
            switch await group.outcome() {
            case .committed: return try result.get()
            case .failed(let error): throw error
            case .lost: continue
            }
        }
    }

    /// Migrates the database before the first `run`.
    ///
    /// - Throws: The error that `work` throws; an error of GRDB.
    func migrate(_ work: (Connection) throws -> Void) throws {
        try connection.write { try work(Connection(SQLiteRunner($0))) }
    }

    /// Commits the writes that have run, and closes the connection. Later writes throw `unavailable`.
    ///
    /// - Throws: An error of GRDB.
    func close() throws {
        let isClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !isClosed else { return }
        connection.writeWithoutTransaction { database in
            endGroup(in: database)
            // Without this checkpoint, a copy of the file alone may lack the last changes. If the checkpoint fails, the
            // next `open` reads the log.
            try? database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try connection.close()
    }
}

// MARK: - One write

extension SQLiteWriter {
    /// Runs a write that has the turn or shares it, in the open transaction or in a new one.
    ///
    /// - Returns: The result or the error of `work`, which counts only if the transaction is committed.
    /// - Throws: `CancellationError`; `DatabaseError`; an error of GRDB; the error of `work` if it ends the transaction.
    private func takePart<Success: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection, GRDB.Database) throws -> Success
    ) async throws -> (Result<Success, any Error>, WriteGroup) {
        try await thread.run {
            try connection.writeWithoutTransaction { database in
                defer { endTurn(in: database) }
                let group = try openGroup(in: database, until: deadline)
                return (try perform(work, in: database, group), group)
            }
        }
    }

    /// The open transaction, or a new one.
    private func openGroup(in database: GRDB.Database, until deadline: ContinuousClock.Instant) throws -> WriteGroup {
        let (group, isClosed) = state.withLock { state in
            // The write whose turn it is expects only itself.
            if state.expectedCount == 0 { state.expectedCount = 1 }
            state.memberCount = state.group == nil ? 1 : state.memberCount + 1
            return (state.group, state.isClosed)
        }
        guard !isClosed else { throw DatabaseError(.unavailable, "The database has been closed") }
        try Task.checkCancellation()
        if let group { return group }
        lockDeadline.set(deadline)
        try database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        let newGroup = WriteGroup()
        state.withLock { $0.group = newGroup }
        return newGroup
    }

    private func perform<Success>(
        _ work: (Connection, GRDB.Database) throws -> Success, in database: GRDB.Database, _ group: WriteGroup
    ) throws -> Result<Success, any Error> {
        let runner = SQLiteRunner(database)
        let connection = Connection(runner)
        let isFirst = group.count == 0
        do {
            if !isFirst { try database.cachedStatement(sql: "SAVEPOINT write").execute() }
            let result = try database.endingWhenCancelled { try work(connection, database) }
            if let failure = connection.failure { throw failure }
            try Task.checkCancellation()
            try database.checkDeferredForeignKeys()
            if !isFirst { try database.cachedStatement(sql: "RELEASE write").execute() }
            group.add(runner.actions)
            return .success(result)
        } catch {
            // If only undoing fails, the error may rest on changes that are lost now, so the write runs again.
            let mayRestOnOthers = !isFirst && database.isInsideTransaction
            guard undo(isFirst: isFirst, in: database, group) || mayRestOnOthers else { throw error }
            return .failure(error)
        }
    }

    /// Undoes the changes of one write. If SQLite has rolled back the whole transaction, as after an interrupted change or
    /// on a full disk, the other writes of the group are lost and run again.
    ///
    /// - Returns: Whether the transaction continues.
    private func undo(isFirst: Bool, in database: GRDB.Database, _ group: WriteGroup) -> Bool {
        if !isFirst, database.isInsideTransaction {
            do {
                try database.cachedStatement(sql: "ROLLBACK TO write").execute()
                try database.cachedStatement(sql: "RELEASE write").execute()
                return true
            } catch {
                // Roll back everything instead.
            }
        }
        try? database.rollback()
        state.withLock { $0.group = nil }
        group.end(.lost)
        return false
    }
}

// MARK: - The end of a turn

extension SQLiteWriter {
    /// Ends the turn when all writes that share it have run, after committing them.
    private func endTurn(in database: GRDB.Database) {
        let (expectedCount, hasGroup, memberCount) = state.withLock { state in
            state.expectedCount -= 1
            return (state.expectedCount, state.group != nil, state.memberCount)
        }
        guard expectedCount == 0 else { return }
        if hasGroup {
            let sharingCount = turns.shareTurn(withAtMost: max(0, Self.maximumGroupCount - memberCount))
            guard sharingCount == 0 else { return state.withLock { $0.expectedCount = sharingCount } }
        }
        endGroup(in: database)
        log?.shorten(in: database, lockDeadline)
        turns.leave()
    }

    /// Commits the open transaction, if there is one.
    private func endGroup(in database: GRDB.Database) {
        guard let group = state.withLock({ $0.group }) else { return }
        state.withLock { $0.group = nil }
        do {
            try database.cachedStatement(sql: "COMMIT").execute()
            group.end(.committed)
        } catch {
            try? database.rollback()
            group.end(.failed(DatabaseError(ofCommit: error)))
        }
    }
}

/// The thread of a writer. Waiting for a lock or for the disk blocks no other thread.
private actor WriterThread {
    private let executor: WorkerThread

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init() throws(DatabaseError) {
        executor = try WorkerThread(name: "SQLite")
    }

    func run<Result: Sendable>(_ work: @Sendable () throws -> Result) throws -> Result { try work() }
}

extension GRDB.Database {
    /// Checks the foreign keys that SQLite would check at the commit, because the commit may store other writes too.
    ///
    /// - Throws: `DatabaseError` with code `constraint`.
    fileprivate func checkDeferredForeignKeys() throws(DatabaseError) {
        var (violations, highest): (CInt, CInt) = (0, 0)
        let status = unsafe sqlite3_db_status(
            sqliteConnection, SQLITE_DBSTATUS_DEFERRED_FKS, &violations, &highest, 0)
        guard status == SQLITE_OK, violations == 0 else {
            throw DatabaseError(.constraint, "FOREIGN KEY constraint failed")
        }
    }
}
