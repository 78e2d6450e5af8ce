internal import GRDB
import Synchronization

/// SQLite: some readers and one writer in this process.
struct SQLiteEngine: DatabaseEngine {
    private let writer: DatabaseQueue
    /// The readers of a file; nil for a database in memory, which only its writer can read.
    private let readers: SQLiteReaders?
    private let writeQueue = TurnQueue(turns: 1)
    private let lockDeadline: LockDeadline

    /// Opens the file, and creates it if it is missing.
    ///
    /// - Throws: `DatabaseError`.
    init(_ location: SQLiteLocation) throws(DatabaseError) {
        lockDeadline = LockDeadline(.now + SQLDatabase.writeTime)
        do {
            (writer, readers) = try SQLite.open(location, deadline: lockDeadline)
        } catch {
            throw DatabaseError(error)
        }
    }

    func migrate(_ work: (Connection) throws -> Void) throws {
        do {
            try writer.write { try work(Connection(SQLiteRunner($0))) }
        } catch {
            throw DatabaseError(error)
        }
    }

    func read<Result: Sendable>(_ work: @Sendable (Connection) throws -> Result) async throws -> Result {
        try await translatingErrors {
            guard let readers else { return try await writer.read { try work(Connection(SQLiteRunner($0))) } }
            return try await readers.read { try work(Connection(SQLiteRunner($0))) }
        }
    }

    func write<Result: Sendable>(
        within time: Duration, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        let deadline = ContinuousClock.now + time
        guard await writeQueue.enter(until: deadline) else {
            try Task.checkCancellation()
            throw DatabaseError(.busy, "Other writes have kept the database busy for \(time)")
        }
        defer { writeQueue.leave() }
        lockDeadline.set(deadline)
        return try await translatingErrors {
            try await writer.write { database in
                let connection = Connection(SQLiteRunner(database))
                let result = try work(connection)
                if let failure = connection.failure { throw failure }
                return result
            }
        }
    }

    func close() throws {
        do {
            lockDeadline.set(.now + SQLDatabase.writeTime)
            try readers?.close()
            // Without this checkpoint, a copy of the file alone may lack the last changes. If the checkpoint fails, the
            // next `open` reads the log.
            try? writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try writer.close()
        } catch {
            throw DatabaseError(error)
        }
    }

    private func translatingErrors<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as GRDB.DatabaseError {
            throw DatabaseError(error)
        }
    }
}

/// The time until which the writer of a database waits for the lock of another process.
final class LockDeadline: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init(_ deadline: ContinuousClock.Instant) {
        instant = Mutex(deadline)
    }

    func set(_ deadline: ContinuousClock.Instant) {
        instant.withLock { $0 = deadline }
    }

    var hasPassed: Bool { instant.withLock { $0 <= .now } }
}
