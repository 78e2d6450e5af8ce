internal import GRDB
internal import GRDBSQLite

extension GRDB.Database {
    /// How many instructions of SQLite's virtual machine run between two looks at the task. They take less than a millisecond.
    private static let instructionCount: CInt = 10_000

    /// Runs statements on the thread of the current task. When the task is cancelled, they end with `SQLITE_INTERRUPT`.
    ///
    /// `interrupt` would have no effect between two statements, so a statement that begins at that moment would go on.
    func endingWhenCancelled<Result>(_ work: () throws -> Result) rethrows -> Result {
        unsafe sqlite3_progress_handler(
            sqliteConnection, Self.instructionCount, { _ in Task.isCancelled ? 1 : 0 }, nil)
        defer { unsafe sqlite3_progress_handler(sqliteConnection, 0, nil, nil) }
        return try work()
    }
}
