internal import GRDB

/// Runs the statements of one transaction of SQLite.
struct SQLiteRunner: StatementRunner {
    private let database: GRDB.Database

    init(_ database: GRDB.Database) {
        self.database = database
    }

    func query(_ sql: String, _ values: [SQLValue], limit: Int) throws(DatabaseError) -> [Row] {
        try translatingErrors {
            let statement = try prepare(sql, values)
            let cursor = try GRDB.Row.fetchCursor(statement)
            let columns = statement.columnNames
            var rows: [Row] = []
            while rows.count < limit, let row = try cursor.next() {
                rows.append(try Row(columns: columns, values: row.databaseValues.map(SQLValue.init(stored:))))
            }
            return rows
        }
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        try translatingErrors {
            let statement = try prepare(sql, values)
            let changesBefore = database.totalChangesCount
            try statement.execute()
            // After a statement that changes nothing, `changesCount` still has the number of an earlier statement.
            return database.totalChangesCount == changesBefore ? 0 : database.changesCount
        }
    }

    func run(script: String) throws(DatabaseError) {
        try translatingErrors { try database.execute(sql: script) }
    }

    func history() -> String? { nil }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        database.afterNextTransaction { _ in action() }
    }

    private func translatingErrors<Result>(_ body: () throws -> Result) throws(DatabaseError) -> Result {
        do {
            return try body()
        } catch {
            throw DatabaseError(error)
        }
    }

    private func prepare(_ sql: String, _ values: [SQLValue]) throws -> Statement {
        do {
            let statement = try database.cachedStatement(sql: sql)
            let values = values.map(\.stored)
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
