// Database: SQL with the few types, errors and guarantees that the services need. It is a separate target, so no other
// target depends on a database engine. `DatabaseEngine` is what engines have in common; each has its folder.

import Tracing

/// A database. A service opens the database when it starts, uses it in all requests, and closes it when it ends.
///
/// The closures of `read` and `write` are synchronous and run on threads of the database, not on the threads of Swift
/// concurrency. They should only run statements, and do no slow work.
public struct SQLDatabase: Sendable {
    /// How long a read or write waits before it can begin: for others, and for the lock of another process such as
    /// `login accounts grant`.
    public static let writeTime = Duration.seconds(5)
    /// The time at which reads and writes of the current task stop waiting to begin, if it is before `writeTime` has passed;
    /// nil for no such time.
    @TaskLocal public static var deadline: ContinuousClock.Instant?
    /// How long `ping` waits for them.
    private static let pingTime = Duration.seconds(1)

    private let engine: any DatabaseEngine
    /// The name of the engine in spans.
    private let system: String

    /// Opens the database, creates it if it is missing, and applies the migrations that it does not have yet.
    ///
    /// All migrations are applied in order and in one transaction. If one fails or the program is interrupted, the
    /// database does not change.
    ///
    /// - Throws: `DatabaseError` with code `unavailable`, `corrupt`, `full` or `busy`; with code `migration` if the database
    ///   has a migration that is not in the list; or the error of a migration's SQL.
    public static func open(_ url: DatabaseURL, migrations: [Migration]) throws(DatabaseError) -> SQLDatabase {
        let engine = try url.location.open()
        do {
            try engine.migrate { try migrations.apply(in: $0) }
        } catch {
            throw error as? DatabaseError ?? DatabaseError(.unavailable, "\(error)")
        }
        return SQLDatabase(engine: engine, system: url.location.system)
    }

    /// Opens a copy of a database that follows the original, such as a hot standby of PostgreSQL. Only `read` can use it,
    /// and it may not show the latest changes.
    ///
    /// No migration is applied. The first `read` connects to the server.
    ///
    /// - Throws: `DatabaseError` with code `unavailable` or `corrupt`, for SQLite only.
    public static func openReplica(_ url: DatabaseURL) throws(DatabaseError) -> SQLDatabase {
        SQLDatabase(engine: try url.location.open(), system: url.location.system)
    }

    /// How long the next read has waited, because this process is busy with others. An overloaded service rejects requests when
    /// this grows. Always zero for PostgreSQL, whose server does the work.
    public var readDelay: Duration { engine.readDelay }

    /// Runs `work` on one consistent state of the database. Reads run concurrently with each other and with a write.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`, with code `busy` if the read has not begun at its deadline;
    ///   `CancellationError` if the task is cancelled.
    public func read<Result: Sendable>(
        function: String = #function, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await traced("read", function) {
            try await translatingCancellation {
                try await engine.read(until: Self.deadline(within: Self.writeTime), work)
            }
        }
    }

    /// Runs `work` in one transaction. When the method returns, the changes are on disk.
    ///
    /// SQLite runs one write at a time, and commits those that wait meanwhile together. On PostgreSQL, other transactions
    /// commit between two statements, so `work` must lock the rows that it reads before it decides. On both, it may run
    /// again after an error or conflict of another write, so it must change nothing but the database.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`, with code `busy` if the write has not begun at its deadline;
    ///   `CancellationError` if the task is cancelled. After an error the database is unchanged, unless its code is
    ///   `unknownOutcome`.
    @discardableResult
    public func write<Result: Sendable>(
        function: String = #function, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await traced("write", function) {
            try await translatingCancellation {
                try await engine.write(until: Self.deadline(within: Self.writeTime), work)
            }
        }
    }

    /// Runs a small query in a write, for `/readyz`. It waits for about a second at most until the write begins.
    ///
    /// - Throws: `DatabaseError` if the database does not respond or cannot be written; `CancellationError`.
    public func ping() async throws {
        _ = try await translatingCancellation {
            try await engine.write(until: Self.deadline(within: Self.pingTime)) {
                try $0.queryOne("SELECT count(*) AS count FROM schema_migrations")
            }
        }
    }

    /// Waits for running reads and writes, then closes the database. Later reads and writes throw `unavailable`.
    ///
    /// - Throws: `DatabaseError` if the files cannot be closed.
    public func close() throws(DatabaseError) {
        do {
            try engine.close()
        } catch {
            throw error as? DatabaseError ?? DatabaseError(.unavailable, "\(error)")
        }
    }

    /// Runs `work`, whose reads and writes wait for `time` at most before they begin.
    ///
    /// - Throws: The error that `work` throws.
    public static func waiting<Result>(
        atMost time: Duration, _ work: () async throws -> Result
    ) async throws -> Result {
        try await $deadline.withValue(deadline(within: time), operation: work)
    }

    private static func deadline(within time: Duration) -> ContinuousClock.Instant {
        let latest = ContinuousClock.now + time
        return deadline.map { min($0, latest) } ?? latest
    }

    /// Runs a transaction in a span, if the task belongs to a trace. The span includes the wait for a turn, and has the name of
    /// the calling function instead of SQL.
    private func traced<Result>(
        _ name: String, _ function: String, _ transaction: () async throws -> Result
    ) async throws -> Result {
        guard InstrumentationContext.current?.isEmpty == false else { return try await transaction() }
        let span = startSpan(name, ofKind: .client)
        defer { span.end() }
        guard span.isRecording else { return try await transaction() }
        span.attributes = ["db.system.name": .string(system), "code.function.name": .string(function)]
        do {
            return try await InstrumentationContext.$current.withValue(span.context) { try await transaction() }
        } catch {
            span.recordError(error)
            span.setStatus(.init(code: .error))
            throw error
        }
    }

    private func translatingCancellation<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let error as DatabaseError where error.code == .cancelled {
            throw CancellationError()
        }
    }
}

extension DatabaseURL.Location {
    /// The name of the engine in OpenTelemetry's conventions for databases.
    fileprivate var system: String {
        switch self {
        case .sqlite: "sqlite"
        case .postgreSQL: "postgresql"
        }
    }

    fileprivate func open() throws(DatabaseError) -> any DatabaseEngine {
        switch self {
        case .sqlite(let location): try SQLiteEngine(location)
        case .postgreSQL(let url): PostgreSQLEngine(url)
        }
    }
}
