// Database: SQL with the few types, errors and guarantees that the services need. It is a separate target, so no other
// target depends on GRDB or SQLite, and another engine could replace them.

internal import GRDB

/// A database. A service opens the database when it starts, uses it in all requests, and closes it when it ends.
///
/// The closures of `read` and `write` are synchronous and run on threads of the database, not on the threads of Swift
/// concurrency. They should only run statements, and do no slow work.
public struct SQLDatabase: Sendable {
    /// How long a write waits for other writes and for the lock of another process, such as `login accounts grant`.
    public static let writeTime = Duration.seconds(5)
    /// How long `ping` waits for them.
    private static let pingTime = Duration.seconds(1)

    private let writer: any DatabaseWriter
    private let writeQueue = WriteQueue()
    private let lockDeadline: LockDeadline

    /// Opens the database, creates it if it is missing, and applies the migrations that it does not have yet.
    ///
    /// All migrations are applied in order and in one transaction. If one fails or the program is interrupted, the
    /// database does not change.
    ///
    /// - Throws: `DatabaseError` with code `unavailable`, `corrupt`, `full` or `busy`; with code `migration` if the database
    ///   has a migration that is not in the list; or the error of a migration's SQL.
    public static func open(_ url: DatabaseURL, migrations: [Migration]) throws(DatabaseError) -> SQLDatabase {
        do {
            let lockDeadline = LockDeadline(.now + writeTime)
            let writer = try SQLite.open(url.location, deadline: lockDeadline)
            try writer.write { try migrate(Connection($0), database: $0, migrations) }
            return SQLDatabase(writer: writer, lockDeadline: lockDeadline)
        } catch {
            throw DatabaseError(error)
        }
    }

    /// Runs `work` on one consistent state of the database. Reads run concurrently with each other and with a write.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`; `CancellationError` if the task is cancelled.
    public func read<Result: Sendable>(
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await translatingErrors {
            try await writer.read { try work(Connection($0)) }
        }
    }

    /// Runs `work` in one transaction, isolated from all others. When the method returns, the changes are on disk.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`, with code `busy` if the write has not begun after
    ///   `writeTime`; `CancellationError` if the task is cancelled. After an error the database is unchanged.
    @discardableResult
    public func write<Result: Sendable>(
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await write(within: Self.writeTime, work)
    }

    private func write<Result: Sendable>(
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
                let connection = Connection(database)
                let result = try work(connection)
                if let failure = connection.failure { throw failure }
                return result
            }
        }
    }

    /// Runs a small query and begins a write, for `/readyz`. It takes about a second at most.
    ///
    /// - Throws: `DatabaseError` if the database does not respond or cannot be written; `CancellationError`.
    public func ping() async throws {
        _ = try await read { try $0.queryOne("SELECT count(*) AS count FROM schema_migrations") }
        try await write(within: Self.pingTime) { _ in }
    }

    /// Waits for running reads and writes, then closes the files. Later reads and writes throw `unavailable`.
    ///
    /// - Throws: `DatabaseError` if the files cannot be closed.
    public func close() throws(DatabaseError) {
        do {
            lockDeadline.set(.now + Self.writeTime)
            // SQLite closes a reader last, and a reader cannot move the write-ahead log into the file. Without this
            // checkpoint, a copy of the file alone would lack the last changes. If the checkpoint fails, the next
            // `open` reads the log.
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
        } catch let error as DatabaseError where error.code == .cancelled {
            throw CancellationError()
        }
    }

    private static func migrate(
        _ connection: Connection, database: GRDB.Database, _ migrations: [Migration]
    ) throws {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (place BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
        let applied = try connection.query("SELECT name FROM schema_migrations ORDER BY place")
        let names: [String] = try applied.map { try $0["name"] }
        for (position, migration) in zip(names.count..., try migrations.pending(after: names)) {
            try database.execute(sql: migration.sql)
            try connection.execute("INSERT INTO schema_migrations VALUES ($1, $2)", position, migration.name)
        }
    }
}
