internal import GRDB
import Synchronization

/// SQLite: some readers and one writer in this process.
struct SQLiteEngine: DatabaseEngine {
    private let writer: SQLiteWriter
    /// The readers of a file; nil for a database in memory, which only its writer can read.
    private let readers: SQLiteReaders?
    private let lockDeadline: LockDeadline

    /// Opens the file, and creates it if it is missing.
    ///
    /// - Throws: `DatabaseError`.
    init(_ location: SQLiteLocation) throws(DatabaseError) {
        lockDeadline = LockDeadline(.now + SQLDatabase.writeTime)
        do {
            let (connection, readers) = try SQLite.open(location, deadline: lockDeadline)
            writer = try SQLiteWriter(connection, lockDeadline: lockDeadline, log: location.log)
            self.readers = readers
        } catch {
            throw DatabaseError(error)
        }
    }

    var readDelay: Duration { readers?.delay ?? .zero }

    func migrate(_ work: (Connection) throws -> Void) throws {
        do {
            try writer.migrate(work)
        } catch {
            throw DatabaseError(error)
        }
    }

    func read<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await translatingErrors {
            guard let readers else { return try await writer.run(until: deadline, isReadOnly: true, work) }
            return try await readers.read(until: deadline) { try work(Connection(SQLiteRunner($0))) }
        }
    }

    func write<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await translatingErrors { try await writer.run(until: deadline, work) }
    }

    func close() throws {
        do {
            lockDeadline.set(.now + SQLDatabase.writeTime)
            // The writer closes in any case, because its checkpoint brings the file up to date.
            let result = Result { try readers?.close() }
            try writer.close()
            try result.get()
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

extension SQLiteLocation {
    fileprivate var log: WriteAheadLog? {
        if case .file = self { WriteAheadLog() } else { nil }
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
