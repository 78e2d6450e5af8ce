internal import GRDB

/// A database: opened once at start, used by all requests, closed at the end.
///
/// Work inside `read` and `write` is synchronous and runs on a thread of the database, never on Swift's own: do there
/// what concerns the rows and nothing slow.
public struct SQLDatabase: Sendable {
    private let writer: any DatabaseWriter

    /// Opens the database, creating it when it is missing, and applies the migrations that it does not have yet.
    ///
    /// The steps are applied in order and in one transaction: a program that is interrupted leaves the database as it was.
    ///
    /// - Throws: `DatabaseError` `unavailable`, `corrupt`, `full` or `busy`; `migration` when the database was used with
    ///   migrations that are not in the list; and whatever a migration's SQL fails with.
    public static func open(_ url: DatabaseURL, migrations: [Migration]) throws(DatabaseError) -> SQLDatabase {
        do {
            let writer = try SQLite.open(url.location)
            try writer.write { try migrate(Connection($0), database: $0, migrations) }
            return SQLDatabase(writer: writer)
        } catch {
            throw DatabaseError(error)
        }
    }

    /// Runs `work` on one consistent state of the database. Reads run beside each other and beside a write.
    ///
    /// - Throws: what `work` throws; `DatabaseError`; `CancellationError` when the task is cancelled.
    public func read<Result: Sendable>(
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await translatingErrors {
            try await writer.read { try work(Connection($0)) }
        }
    }

    /// Runs `work` in one transaction that sees and is seen by no other. When this returns, the changes are on disk.
    ///
    /// - Throws: what `work` throws, `DatabaseError`, or `CancellationError` when the task is cancelled; then the
    ///   database is as it was.
    @discardableResult
    public func write<Result: Sendable>(
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await translatingErrors {
            try await writer.write { database in
                let connection = Connection(database)
                let result = try work(connection)
                if let failure = connection.failure { throw failure }
                return result
            }
        }
    }

    /// Returns when the database answers; throws `DatabaseError` otherwise. For `/readyz`.
    public func ping() async throws {
        _ = try await read { try $0.queryOne("SELECT count(*) AS count FROM schema_migrations") }
    }

    /// Waits for the work under way and closes the files. What comes later throws `unavailable`.
    public func close() throws(DatabaseError) {
        do {
            // The connection that SQLite closes last is a reader, which cannot move the log into the file. Then a copy of
            // the file alone would lack the last changes. Nothing is lost when this fails: the next `open` reads the log.
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
        for (place, migration) in zip(names.count..., try migrations.pending(after: names)) {
            try database.execute(sql: migration.sql)
            try connection.execute("INSERT INTO schema_migrations VALUES ($1, $2)", place, migration.name)
        }
    }
}
