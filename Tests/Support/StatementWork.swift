public import Database

/// Finds the statements of a store whose work grows with the rows of other users.
///
/// SQLite counts the steps of its virtual machine for each prepared statement (its table `sqlite_stmt`). So this needs
/// neither a clock nor a list of the statements.
public enum StatementWork {
    private static let fewRows = 5
    private static let manyRows = 200

    /// Runs `work` with few and with many rows of others. Returns the statements whose number of steps more than
    /// doubled.
    ///
    /// - Parameter work: Fills a new database in memory with this number of rows of others, does everything that the
    ///   store can do, and returns the database.
    public static func growing(_ work: (_ rows: Int) async throws -> SQLDatabase) async throws -> [String] {
        let few = try await steps(in: work(fewRows))
        let many = try await steps(in: work(manyRows))
        return many.filter { $0.value > 2 * few[$0.key, default: .max / 2] }.map(\.key).sorted()
    }

    /// The average number of steps of each statement.
    private static func steps(in database: SQLDatabase) async throws -> [String: Int] {
        let rows = try await database.read { connection in
            try connection.query(
                "SELECT sql, sum(nstep) / sum(run) AS steps FROM sqlite_stmt WHERE run > 0 GROUP BY sql")
        }
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0["sql"], try $0["steps"]) })
    }
}
