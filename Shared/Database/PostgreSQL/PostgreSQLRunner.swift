/// Runs the statements of one transaction of PostgreSQL.
final class PostgreSQLRunner: StatementRunner {
    private let connection: PostgreSQLConnection
    private var actions: [@Sendable () -> Void] = []

    init(_ connection: PostgreSQLConnection) {
        self.connection = connection
    }

    func query(_ sql: String, _ values: [SQLValue], limit: Int) throws(DatabaseError) -> [Row] {
        var columns: [String] = []
        var rows: [Row] = []
        try connection.run(sql, values) { result throws(DatabaseError) in
            guard result.hasRow, rows.count < limit else { return }
            if rows.isEmpty { columns = result.columnNames }
            rows.append(Row(columns: columns, values: try result.values()))
        }
        return rows
    }

    func execute(_ sql: String, _ values: [SQLValue]) throws(DatabaseError) -> Int {
        var count = 0
        try connection.run(sql, values) { result throws(DatabaseError) in
            if !result.hasRow { count = result.changeCount }
        }
        return count
    }

    func run(script: String) throws(DatabaseError) {
        try connection.run(script: script)
    }

    /// The number of the cluster, its timeline, the start of the server, and the numbers of the database and of the file of
    /// its migrations.
    ///
    /// A failover begins another timeline. A copy of the files, such as a snapshot of the disk, continues the timeline of the
    /// original, but a server has to start with it. A dump is restored into another database, or replaces the tables.
    func history() throws(DatabaseError) -> String? {
        let row = try query(
            """
            SELECT concat_ws('-', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
            extract(epoch FROM pg_postmaster_start_time()), oid, pg_relation_filenode(to_regclass('schema_migrations')))
            AS history FROM pg_control_system(), pg_database WHERE datname = current_database()
            """, [], limit: 1
        ).first
        return try row?["history"]
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) {
        actions.append(action)
    }

    /// Runs the registered actions.
    func runActions() {
        for action in actions { action() }
    }
}
