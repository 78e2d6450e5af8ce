/// One step of a schema. A step that has been released is never changed: add another one.
///
/// The column types that mean the same on both engines are `TEXT`, `BIGINT`, `BOOLEAN` and `BYTEA`.
public struct Migration: Sendable {
    /// The name by which the database remembers the step.
    public let name: String
    /// One or more statements, separated by semicolons.
    public let sql: String

    /// A step with its name and its statements.
    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension [Migration] {
    /// The steps that are still to be applied to a database that remembers `applied`, in order.
    func pending(after applied: [String]) throws(DatabaseError) -> ArraySlice<Migration> {
        for (place, name) in applied.enumerated() where place >= count || !self[place].isNamed(name) {
            let known = place < count ? "expects \"\(self[place].name)\" in its place" : "does not know it"
            throw DatabaseError(
                .migration,
                """
                The database has the migration "\(name)", but this program \(known). A newer or different version has \
                used this database: start that version, or restore a backup from before.
                """)
        }
        return self[applied.count...]
    }
}

extension Migration {
    fileprivate func isNamed(_ name: String) -> Bool {
        self.name.utf8.elementsEqual(name.utf8)
    }
}
