internal import Foundation

/// A connection and the thread that uses it. A lost connection is replaced when the next transaction begins.
actor PostgreSQLSession {
    /// How often a transaction is run at most, if each attempt conflicts with another transaction.
    private static let maximumAttempts = 8
    /// The maximum pause before the second attempt, in seconds. It doubles with each attempt.
    private static let firstPauseSeconds = 0.004

    private let thread: WorkerThread
    private let url: PostgreSQLURL
    private var connection: PostgreSQLConnection?
    /// The attempt to connect that a transaction has begun and no transaction has ended.
    private var attempt: PostgreSQLConnectionAttempt?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// - Throws: `DatabaseError` with code `unavailable` if the system cannot start the thread.
    init(_ url: PostgreSQLURL) throws(DatabaseError) {
        thread = try WorkerThread(name: "PostgreSQL")
        self.url = url
    }

    /// Runs `work` in one transaction. Runs all of it again when the transaction conflicts with others.
    ///
    /// - Parameters:
    ///   - deadline: The time until which to wait for a server that does not respond before the transaction can begin.
    ///   - completion: Called on the thread of the session after the transaction.
    /// - Throws: The error that `work` throws; `DatabaseError`; `CancellationError`.
    func run<Result: Sendable>(
        _ kind: PostgreSQLConnection.TransactionKind, until deadline: ContinuousClock.Instant,
        completion: @Sendable () -> Void, _ work: @Sendable (Connection) throws -> Result
    ) throws -> Result {
        defer { completion() }
        var pause = Self.firstPauseSeconds
        for _ in 1..<Self.maximumAttempts {
            do {
                return try attempt(kind, until: deadline, work)
            } catch is Conflict {
                // Transactions that pause for the same time would meet again.
                Thread.sleep(forTimeInterval: .random(in: 0...pause))
                pause *= 2
            }
        }
        do {
            return try attempt(kind, until: deadline, work)
        } catch let conflict as Conflict {
            throw conflict.error
        }
    }

    /// The transaction conflicts with others and may succeed later.
    private struct Conflict: Error {
        let error: DatabaseError
    }

    private func attempt<Result>(
        _ kind: PostgreSQLConnection.TransactionKind, until deadline: ContinuousClock.Instant,
        _ work: (Connection) throws -> Result
    ) throws -> Result {
        let connection = try begin(kind, until: deadline)
        do {
            return try connection.finishTransaction(kind, work)
        } catch {
            defer { if !connection.isUsable { self.connection = nil } }
            switch connection.lastError {
            case let state? where state.isConflict:
                throw Conflict(
                    error: DatabaseError(
                        .busy, "The transaction conflicted with others \(Self.maximumAttempts) times in a row"))
            case let state? where state.needsPreparation && connection.hasReusedStatement:
                self.connection = nil
                throw Conflict(
                    error:
                        DatabaseError(
                            .busy,
                            """
                            Statements lose their preparation again and again: their tables are being changed, or a proxy \
                            shares one session among connections
                            """))
            default:
                throw error
            }
        }
    }

    /// Begins a transaction. If a connection was lost while it was idle, opens another one.
    private func begin(
        _ kind: PostgreSQLConnection.TransactionKind, until deadline: ContinuousClock.Instant
    ) throws -> PostgreSQLConnection {
        let mayBeLost = connection != nil || attempt != nil
        try Task.checkCancellation()
        guard deadline > .now else {
            throw DatabaseError(.busy, "The transaction could not begin before its deadline")
        }
        do {
            return try beginOnce(kind, until: deadline)
        } catch let error as DatabaseError where mayBeLost {
            guard deadline > .now else { throw error }
            try Task.checkCancellation()
            return try beginOnce(kind, until: deadline)
        }
    }

    private func beginOnce(
        _ kind: PostgreSQLConnection.TransactionKind, until deadline: ContinuousClock.Instant
    ) throws -> PostgreSQLConnection {
        let connection = try connection ?? connect(until: deadline)
        self.connection = nil
        try connection.begin(kind, until: deadline)
        self.connection = connection
        return connection
    }

    private func connect(until deadline: ContinuousClock.Instant) throws -> PostgreSQLConnection {
        let attempt = attempt ?? PostgreSQLConnectionAttempt(url)
        self.attempt = attempt
        guard let outcome = attempt.outcome(until: deadline) else {
            try Task.checkCancellation()
            throw DatabaseError(.unavailable, "The server of the database has not accepted a connection in time")
        }
        self.attempt = nil
        return try outcome.get()
    }
}

extension PostgreSQLConnection {
    /// Runs `work` in the transaction that has begun, and commits it. After an error, rolls it back.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`; `CancellationError`.
    func finishTransaction<Result>(
        _ kind: TransactionKind, _ work: (Connection) throws -> Result
    ) throws -> Result {
        do {
            let runner = PostgreSQLRunner(self)
            let connection = Connection(runner)
            let result = try work(connection)
            if let failure = connection.failure { throw failure }
            try Task.checkCancellation()
            switch kind {
            case .read: endRead()
            case .write: try commit()
            }
            runner.runActions()
            return result
        } catch {
            rollback()
            throw error
        }
    }
}
