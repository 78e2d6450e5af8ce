internal import Foundation
import Synchronization

/// PostgreSQL: a limited number of sessions with a server.
///
/// The processes of all services together must not exceed the `max_connections` of the server.
final class PostgreSQLEngine: DatabaseEngine {
    /// The maximum number of sessions of one process.
    static let maximumSessions = 8
    /// How long a process waits until others have migrated the database.
    private static let migrationTime = Duration.seconds(30)
    /// The pause between two attempts to migrate, in seconds.
    private static let migrationPauseSeconds = 0.05
    /// The number of the lock that a process holds while it migrates. It is "hallpass" in ASCII.
    private static let migrationLock = 0x6861_6C6C_7061_7373

    private let url: PostgreSQLURL
    private let turns = TurnQueue(turns: maximumSessions)
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var idle: [PostgreSQLSession] = []
        var runningCount = 0
        /// The calls of `close` that wait for running transactions.
        var closings: [DispatchSemaphore] = []
    }

    /// Reads wait for the server, which does not make this process busy.
    let readDelay = Duration.zero

    init(_ url: PostgreSQLURL) {
        self.url = url
    }

    func migrate(_ work: (Connection) throws -> Void) throws {
        let connection = try PostgreSQLConnection(url)
        try connection.begin(.write)
        try connection.finishTransaction(.write) { transaction in
            // A migration may take long, but not its commit. It waits for other transactions no longer than any statement,
            // because those that come after it wait for it.
            let usualTime = connection.responseTime
            connection.responseTime = nil
            defer { connection.responseTime = usualTime }
            try transaction.run(script: "SET LOCAL statement_timeout = 0")
            try Self.checkText(transaction)
            try Self.waitForMigrations(transaction)
            try work(transaction)
        }
    }

    func read<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await run(.read, until: deadline, work)
    }

    func write<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        try await run(.write, until: deadline, work)
    }

    func close() {
        let closing = DispatchSemaphore(value: 0)
        let isIdle = state.withLock { state in
            state.isClosed = true
            state.idle = []
            if state.runningCount > 0 { state.closings.append(closing) }
            return state.runningCount == 0
        }
        if !isIdle { closing.wait() }
    }

    private func run<Result: Sendable>(
        _ kind: PostgreSQLConnection.TransactionKind, until deadline: ContinuousClock.Instant,
        _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        guard await turns.enter(until: deadline) else {
            try Task.checkCancellation()
            throw DatabaseError(.busy, "All \(Self.maximumSessions) connections to the database have been in use")
        }
        defer { turns.leave() }
        let session = try takeSession()
        defer { state.withLock { if !$0.isClosed { $0.idle.append(session) } } }
        return try await session.run(kind, until: deadline, completion: endTransaction, work)
    }

    private func takeSession() throws -> PostgreSQLSession {
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseError(.unavailable, "The database is closed") }
            let session = try state.idle.popLast() ?? PostgreSQLSession(url)
            state.runningCount += 1
            return session
        }
    }

    /// Counts a transaction as ended. The threads of the sessions call it, so `close` needs no other thread.
    @Sendable private func endTransaction() {
        state.withLock { state in
            state.runningCount -= 1
            guard state.runningCount == 0 else { return }
            for closing in state.closings { closing.signal() }
            state.closings = []
        }
    }

    /// Checks that the database stores and sorts text like SQLite.
    private static func checkText(_ connection: Connection) throws {
        let row = try connection.queryOne(
            """
            SELECT current_database() AS name, current_setting('server_encoding') = 'UTF8' AS is_utf8,
            'Z' < 'a' AND 'a-c' < 'ab' AS is_bytewise
            """)
        guard let row else { return }
        let (name, isUTF8, isBytewise): (String, Bool, Bool) = (
            try row["name"], try row["is_utf8"], try row["is_bytewise"]
        )
        guard isUTF8, isBytewise else {
            throw DatabaseError(
                .unavailable,
                """
                The database \(name) does not store text in UTF-8 and sort it by its bytes: create it with CREATE DATABASE \
                "\(name)" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'
                """)
        }
    }

    /// Waits until no other process migrates the database. The lock ends with the transaction.
    ///
    /// The wait has a deadline: replicas that start while one of them migrates must say why they do not serve.
    private static func waitForMigrations(_ connection: Connection) throws {
        let deadline = ContinuousClock.now + migrationTime
        while true {
            let row = try connection.queryOne("SELECT pg_try_advisory_xact_lock($1) AS locked", migrationLock)
            if try row?["locked"] == true { return }
            guard ContinuousClock.now < deadline else {
                throw DatabaseError(.busy, "Another process has been migrating the database for \(migrationTime)")
            }
            Thread.sleep(forTimeInterval: migrationPauseSeconds)
        }
    }
}
