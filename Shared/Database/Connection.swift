internal import GRDB

/// The connection of one `read` or `write`. It runs statements one after the other in one transaction.
///
/// Statements are portable SQL: one statement at a time, parameters `$1`, `$2`, …, `ON CONFLICT`, `RETURNING`. As in
/// PostgreSQL, a failed statement makes its transaction fail: later statements throw the same error, and `write` rolls
/// back even if its closure catches the error.
public final class Connection {
    /// The maximum number of rows that a query may return. Longer lists must be read in pages.
    public static let maximumRows = 100_000

    private let database: GRDB.Database
    private(set) var failure: DatabaseError?

    init(_ database: GRDB.Database) {
        self.database = database
    }

    /// Runs a statement and returns its rows: a `SELECT`, or inside `write` a change with `RETURNING`.
    ///
    /// - Throws: `DatabaseError`.
    public func query(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> [Row] {
        try run(sql, values) { statement in
            let cursor = try GRDB.Row.fetchCursor(statement)
            let columns = statement.columnNames
            var rows: [Row] = []
            while let row = try cursor.next() {
                guard rows.count < Self.maximumRows else {
                    throw DatabaseError(.tooManyRows, "The result has more than \(Self.maximumRows) rows")
                }
                rows.append(try Row(columns: columns, values: row.databaseValues.map(SQLValue.init(stored:))))
            }
            return rows
        }
    }

    /// Runs a statement and returns its first row, or nil if there are no rows.
    ///
    /// - Throws: `DatabaseError`.
    public func queryOne(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> Row? {
        try run(sql, values) { statement in
            try GRDB.Row.fetchOne(statement).map { row in
                try Row(columns: statement.columnNames, values: row.databaseValues.map(SQLValue.init(stored:)))
            }
        }
    }

    /// Runs a statement and returns the number of rows that it inserted, updated or deleted.
    ///
    /// - Throws: `DatabaseError`.
    @discardableResult
    public func execute(_ sql: String, _ values: any Storable...) throws(DatabaseError) -> Int {
        try run(sql, values) { statement in
            let changesBefore = database.totalChangesCount
            try statement.execute()
            // After a statement that changes nothing, `changesCount` still has the number of an earlier statement.
            return database.totalChangesCount == changesBefore ? 0 : database.changesCount
        }
    }

    /// Registers an action to run once after the surrounding `write` has been committed.
    ///
    /// The action never runs after a rollback. Several actions run in the order of their registration, on the thread of the
    /// database's writer and before `write` returns. An action must be short, and it must not use the database.
    ///
    /// - Precondition: The connection is that of a `write`, not of a `read`.
    public func afterCommit(_ action: @escaping @Sendable () -> Void) {
        database.afterNextTransaction { _ in action() }
    }

    private func run<Result>(
        _ sql: String, _ values: [any Storable], _ body: (Statement) throws -> Result
    ) throws(DatabaseError) -> Result {
        if let failure { throw failure }
        do {
            return try body(prepare(sql, values.map { try $0.value.stored() }))
        } catch {
            let failure = DatabaseError(error, statement: sql)
            self.failure = failure
            throw failure
        }
    }

    private func prepare(_ sql: String, _ values: [DatabaseValue]) throws -> Statement {
        do {
            let statement = try database.cachedStatement(sql: sql)
            // SQLite treats `$2` as a name and numbers names by their first use, so bind the values by name.
            // `validateArguments` rejects values without a parameter.
            try statement.validateArguments(StatementArguments(values))
            let named = zip(1..., values).map { ("\($0)", $1) }
            try statement.setArguments(StatementArguments(Dictionary(uniqueKeysWithValues: named)))
            return statement
        } catch let error as GRDB.DatabaseError where error.resultCode == .SQLITE_MISUSE {
            throw DatabaseError(.invalidStatement, error.message ?? "The text is not one statement with its values")
        }
    }
}
