/// The connection of one `read` or `write`. It runs statements one after the other in one transaction.
///
/// Statements are portable SQL: one statement at a time, parameters `$1`, `$2`, …, `ON CONFLICT`, `RETURNING`. As in
/// PostgreSQL, a failed statement makes its transaction fail: later statements throw the same error, and `write` rolls
/// back even if its closure catches the error.
public final class Connection {
    /// The maximum number of rows that a query may return. Longer lists must be read in pages.
    public static let maximumRows = 100_000

    private let runner: any StatementRunner
    private(set) var failure: DatabaseError?

    init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Runs a statement and returns its rows: a `SELECT`, or inside `write` a change with `RETURNING`.
    ///
    /// - Throws: `DatabaseError`.
    public func query(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> [Row] {
        try run(sql, values) { values throws(DatabaseError) in
            let rows = try runner.query(sql, values, limit: Self.maximumRows + 1)
            guard rows.count <= Self.maximumRows else {
                throw DatabaseError(.tooManyRows, "The result has more than \(Self.maximumRows) rows")
            }
            return rows
        }
    }

    /// Runs a statement and returns its first row, or nil if there are no rows.
    ///
    /// - Throws: `DatabaseError`.
    public func queryOne(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> Row? {
        try run(sql, values) { values throws(DatabaseError) in try runner.query(sql, values, limit: 1).first }
    }

    /// Runs a statement and returns the number of rows that it inserted, updated or deleted.
    ///
    /// - Throws: `DatabaseError`.
    @discardableResult
    public func execute(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> Int {
        try run(sql, values) { values throws(DatabaseError) in try runner.execute(sql, values) }
    }

    /// A word for the history that the state of the database belongs to. It changes when committed transactions may have
    /// been lost: on PostgreSQL after a failover, a restart of the server or the restore of a backup. Nil for SQLite, whose
    /// files can be replaced only while no process uses them.
    ///
    /// - Throws: `DatabaseError`.
    public func history() throws(DatabaseError) -> String? {
        try run(nil, []) { _ throws(DatabaseError) in try runner.history() }
    }

    /// Runs the statements of a migration.
    ///
    /// - Throws: `DatabaseError`.
    func run(script: String) throws(DatabaseError) {
        try run(script, []) { _ throws(DatabaseError) in try runner.run(script: script) }
    }

    /// Registers an action to run once after the surrounding `write` has been committed.
    ///
    /// The action never runs after a rollback. Several actions run in the order of their registration, on a thread of the
    /// database and before `write` returns. An action must be short, and it must not use the database.
    ///
    /// - Precondition: The connection is that of a `write`, not of a `read`.
    public func afterCommit(_ action: @escaping @Sendable () -> Void) {
        runner.afterCommit(action)
    }

    private func run<Result>(
        _ sql: String?, _ values: [any Storable], _ body: ([SQLValue]) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if let failure { throw failure }
        do throws(DatabaseError) {
            guard !Task.isCancelled else { throw DatabaseError(.cancelled, "The task was cancelled") }
            if let sql { try StatementText.checkTransaction(sql) }
            return try body(values.map { value throws(DatabaseError) in try value.value.checked() })
        } catch {
            let failure = DatabaseError(error.code, error.message, statement: error.statement ?? sql)
            self.failure = failure
            throw failure
        }
    }
}

extension SQLValue {
    /// The value itself, if every engine can store it.
    ///
    /// - Throws: `DatabaseError` with code `invalidValue` for text with U+0000, which PostgreSQL cannot store.
    fileprivate func checked() throws(DatabaseError) -> SQLValue {
        if case .text(let text) = self, text.utf8.contains(0) {
            throw DatabaseError(.invalidValue, "Text with the character U+0000 cannot be stored")
        }
        return self
    }
}
