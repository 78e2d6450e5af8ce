public import Database
import Synchronization

/// One PostgreSQL database, opened twice. Transactions of `paused` wait at a chosen statement while those of `other` run.
///
/// A trigger waits for an advisory lock, so the stores under test need no hooks.
public struct PausedTransactions: Sendable {
    /// Its transactions wait at the statement.
    public let paused: SQLDatabase
    /// Its transactions run.
    public let other: SQLDatabase
    /// The database exists as long as the folder.
    private let folder: TemporaryFolder
    private let url: String
    private let migrations: [Migration]

    /// Opens the PostgreSQL database of a folder.
    public init(in folder: TemporaryFolder, migrations: [Migration]) throws {
        (self.folder, self.migrations) = (folder, migrations)
        url = try folder.databaseURL(.postgresql)
        other = try SQLDatabase.open(DatabaseURL(url), migrations: migrations)
        paused = try SQLDatabase.open(DatabaseURL("\(url)&application_name=paused"), migrations: migrations)
    }

    /// Runs `first` with `paused` until it executes a statement, then `second` with `other`. Lets `first` continue as soon
    /// as `second` has ended or waits for it.
    ///
    /// - Parameter statement: What the trigger waits for: `UPDATE ON sessions`.
    /// - Throws: The errors of both; `DatabaseError`.
    public func run<First: Sendable, Second: Sendable>(
        pausingAt statement: String, _ first: @escaping @Sendable () async throws -> First,
        meanwhile second: @escaping @Sendable () async throws -> Second
    ) async throws -> (First, Second) {
        try await other.write { connection in
            try connection.execute(
                """
                CREATE OR REPLACE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF current_setting('application_name') = 'paused' THEN PERFORM pg_advisory_xact_lock_shared(1); END IF;
                    RETURN NULL;
                END $$
                """)
            try connection.execute("CREATE TRIGGER pause BEFORE \(statement) EXECUTE FUNCTION pause()")
        }
        // The lock ends with the connection.
        let holder = try SQLDatabase.open(DatabaseURL("\(url)&application_name=holder"), migrations: migrations)
        _ = try await holder.read { try $0.query("SELECT pg_advisory_lock(1)::text") }
        let pausing = Task { try await first() }
        _ = try await eventually { try await blockedCount() == 1 }
        let hasEnded = Flag()
        let running = Task {
            defer { hasEnded.set() }
            return try await second()
        }
        _ = try await eventually {
            if hasEnded.isSet { return true }
            return try await blockedCount() == 2
        }
        try holder.close()
        return (try await pausing.value, try await running.value)
    }

    /// The number of transactions that wait for a lock of another one.
    private func blockedCount() async throws -> Int {
        try await other.read { connection in
            let row = try connection.queryOne(
                """
                SELECT count(*) AS count FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
            return try row?["count"] ?? 0
        }
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)

        var isSet: Bool { value.withLock { $0 } }

        func set() { value.withLock { $0 = true } }
    }
}
