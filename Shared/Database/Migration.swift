/// One step in the history of a schema. Never change a released migration: add a new one after it.
///
/// The column types `TEXT`, `BIGINT`, `BOOLEAN` and `BYTEA` mean the same in SQLite and PostgreSQL.
public struct Migration: Sendable {
    /// The name under which the database records the migration.
    public let name: String
    /// One or more statements, separated by semicolons.
    public let sql: String

    /// Creates a migration.
    ///
    /// - Parameters:
    ///   - name: The name under which the database records the migration.
    ///   - sql: One or more statements, separated by semicolons.
    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension [Migration] {
    /// Applies the migrations that the database does not have yet.
    ///
    /// - Throws: `DatabaseError`, with code `migration` if the database has a migration that is not in this list.
    func apply(in connection: Connection) throws {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (place BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
        let applied = try connection.query("SELECT name FROM schema_migrations ORDER BY place")
        let names: [String] = try applied.map { try $0["name"] }
        for (position, migration) in zip(names.count..., try pending(after: names)) {
            try connection.run(script: migration.sql)
            try connection.execute("INSERT INTO schema_migrations VALUES ($1, $2)", position, migration.name)
        }
    }

    /// The migrations that remain to be applied, in order.
    ///
    /// - Parameter applied: The names that the database has recorded, in order.
    /// - Throws: `DatabaseError` with code `migration` if `applied` is not the beginning of this list.
    func pending(after applied: [String]) throws(DatabaseError) -> ArraySlice<Migration> {
        for (index, name) in applied.enumerated() where index >= count || !self[index].isNamed(name) {
            let known = index < count ? "expects \"\(self[index].name)\" at this point" : "does not know it"
            throw DatabaseError(
                .migration,
                """
                The database has the migration "\(name)", but this program \(known). A newer or different version has \
                used this database: start that version, or restore an older backup.
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
