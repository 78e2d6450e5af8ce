/// A database engine, as `SQLDatabase` uses it. Each engine has a folder in this target; the other files are the same for
/// all engines.
protocol DatabaseEngine: Sendable {
    /// How long the next read has waited, because this process is busy with others.
    var readDelay: Duration { get }

    /// Runs `work` in one transaction before the first `read` and `write`. Several processes that do so at the same time
    /// wait for each other.
    ///
    /// - Throws: The error that `work` throws; `DatabaseError`.
    func migrate(_ work: (Connection) throws -> Void) throws

    /// Runs `work` on one consistent state of the database, on a thread of the engine.
    ///
    /// - Parameter deadline: The time until which to wait before the read can begin.
    /// - Throws: The error that `work` throws; `DatabaseError`, with code `busy` at the deadline, or `unavailable` if a server
    ///   has not responded until then; `CancellationError` if the task is cancelled.
    func read<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result

    /// Runs `work` in one transaction, on a thread of the engine, and commits it.
    ///
    /// - Parameter deadline: The time until which to wait before the transaction can begin.
    /// - Throws: The error that `work` throws; `DatabaseError`, with code `busy` at the deadline, or `unavailable` if a server
    ///   has not responded until then; `CancellationError` if the task is cancelled.
    func write<Result: Sendable>(
        until deadline: ContinuousClock.Instant, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result

    /// Waits for running reads and writes, then releases the database. A second call has no effect.
    ///
    /// - Throws: `DatabaseError`.
    func close() throws
}

/// The statements of one transaction, as an engine runs them.
protocol StatementRunner {
    /// Runs one statement and returns its first `limit` rows.
    ///
    /// - Throws: `DatabaseError`.
    func query(_ sql: String, _ values: [SQLValue], limit: Int) throws(DatabaseError) -> [Row]

    /// Runs one statement and returns the number of rows that it changed.
    ///
    /// - Throws: `DatabaseError`.
    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int

    /// Runs statements that are separated by semicolons.
    ///
    /// - Throws: `DatabaseError`.
    func run(script: String) throws(DatabaseError)

    /// The value of `Connection.history`.
    ///
    /// - Throws: `DatabaseError`.
    func history() throws(DatabaseError) -> String?

    /// Registers an action to run after the commit.
    func afterCommit(_ action: @escaping @Sendable () -> Void)
}
