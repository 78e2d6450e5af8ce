internal import GRDB
internal import GRDBSQLite

/// Runs the statements of one transaction of SQLite.
final class SQLiteRunner: StatementRunner {
    private let database: GRDB.Database
    /// The actions to run after the commit.
    private(set) var actions: [@Sendable () -> Void] = []

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
        actions.append(action)
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
            try statement.setArguments(StatementArguments(Self.inOrder(values, of: statement)))
            return statement
        } catch let error as GRDB.DatabaseError where error.resultCode == .SQLITE_MISUSE {
            throw DatabaseError(.invalidStatement, error.message ?? "The text is not one statement with its values")
        }
    }

    /// The values in the order in which the statement first uses its parameters. SQLite numbers parameters in this order,
    /// and treats `$2` as a name.
    private static func inOrder(
        _ values: [SQLValue], of statement: Statement
    ) throws -> [(any DatabaseValueConvertible)?] {
        let handle = unsafe statement.sqliteStatement
        guard unsafe Int(sqlite3_bind_parameter_count(handle)) == values.count else {
            throw DatabaseError(.invalidStatement, "The number of parameters is not the number of values")
        }
        return try values.indices.map { index in
            guard let name = unsafe sqlite3_bind_parameter_name(handle, CInt(index + 1)),
                let number = unsafe Self.number(ofParameter: name), values.indices.contains(number - 1)
            else {
                throw DatabaseError(.invalidStatement, "A parameter is not $1 to $\(values.count)")
            }
            return values[number - 1].stored
        }
    }

    /// The number of the parameter `$<number>`; nil for any other name. It is read for each value of each statement, so it makes
    /// no text.
    private static func number(ofParameter name: UnsafePointer<CChar>) -> Int? {
        guard unsafe name[0] == CChar(UInt8(ascii: "$")), unsafe name[1] != 0 else { return nil }
        var (index, number) = (1, 0)
        while let digit = unsafe UInt8(exactly: name[index]), digit != 0 {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit, index <= 5 else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
            index += 1
        }
        return unsafe name[index] == 0 ? number : nil
    }
}
