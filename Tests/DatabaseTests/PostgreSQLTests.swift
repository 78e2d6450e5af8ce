import Foundation
import TestSupport
import Testing

@testable import Database

/// The properties of PostgreSQL that no other engine has.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct PostgreSQLTests {
    let folder: TemporaryFolder
    let server: PostgreSQLServer
    /// The URL of an empty database.
    let url: String

    init() throws {
        folder = try TemporaryFolder()
        server = try PostgreSQLServer.shared.get()
        url = try folder.databaseURL(.postgresql)
    }

    private func open(options: String = "", _ migrations: [Migration] = [.products]) throws -> SQLDatabase {
        try SQLDatabase.open(DatabaseURL(url + options), migrations: migrations)
    }

    /// The name of the database of this test.
    private var name: String { "\(folder.url.lastPathComponent)-service" }

    /// Ends connections to the database of this test, as an administrator or a restart does.
    private func endConnections(where condition: String = "TRUE") throws {
        try server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' AND \(condition)")
    }

    // MARK: - Transactions that conflict

    @Test func `two transactions that wait for each other both succeed`() async throws {
        let database = try open()
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('a', 0), ('b', 0)") }
        let meeting = Meeting(of: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for order in [["a", "b"], ["b", "a"]] {
                group.addTask {
                    try await database.write { connection in
                        try connection.execute("UPDATE products SET stock = stock + 1 WHERE id = $1", order[0])
                        // Both hold their first row now. A repeated transaction does not wait.
                        meeting.wait()
                        try connection.execute("UPDATE products SET stock = stock + 1 WHERE id = $1", order[1])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await stocks(in: database) == [2, 2])
    }

    @Test func `a transaction that always conflicts fails as busy after eight attempts`() async throws {
        let database = try open()
        let attempts = Counter()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                attempts.increment()
                connection.afterCommit { Issue.record("An action ran without a commit") }
                try connection.run(script: "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$")
            }
        }
        #expect(error?.code == .busy)
        #expect(attempts.count == 8)
    }

    @Test func `a statement that was prepared before a migration of another process is prepared again`() async throws {
        let database = try open()
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        for _ in 0..<2 { _ = try await database.read { try $0.query("SELECT * FROM products") } }
        try open([.products, Migration("color", "ALTER TABLE products ADD COLUMN color TEXT")]).close()
        let row = try await database.read { try $0.queryOne("SELECT * FROM products") }
        #expect(try #require(row)["color"] == String?.none)
    }

    @Test func `a statement that PostgreSQL does not support is not repeated`() async throws {
        let database = try open()
        let attempts = Counter()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                attempts.increment()
                for _ in 0..<2 { _ = try connection.query("SELECT 1 AS one") }
                try connection.execute("SELECT count(*) FROM products FOR UPDATE")
            }
        }
        #expect(error?.code == .invalidStatement)
        #expect(error?.message.contains("FOR UPDATE is not allowed") == true)
        #expect(attempts.count == 1)
    }

    @Test func `a statement that its session has lost is prepared again`() async throws {
        let database = try open()
        for _ in 0..<2 { try await database.ping() }
        try await database.write { try $0.run(script: "DEALLOCATE ALL") }
        try await database.ping()
    }

    // MARK: - Lost connections

    @Test func `a read whose connection is lost at its end returns its result`() async throws {
        let database = try open()
        let count = try await database.read { connection in
            let row = try connection.queryOne("SELECT count(*) AS count FROM products")
            try endConnections()
            return try row?["count"] as Int?
        }
        #expect(count == 0)
        try await database.ping()
    }

    @Test func `a connection that was lost while it was idle is replaced without an error`() async throws {
        let database = try open()
        try await database.ping()
        try endConnections()
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        #expect(try await database.productCount() == 1)
    }

    @Test func `a connection that is lost in a transaction makes it fail without a change`() async throws {
        let database = try open()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                try endConnections()
                try connection.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)")
            }
        }
        #expect(error?.code == .unavailable)
        #expect(try await database.productCount() == 0)
    }

    @Test func `a transaction that the server ends because it has paused for too long is unavailable`() async throws {
        let database = try open(options: "&options=-c%20idle_in_transaction_session_timeout%3D500ms")
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                let row = try connection.queryOne("SELECT pg_backend_pid() AS pid")
                let process: Int = try #require(row)["pid"]
                try server.run(
                    """
                    DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = \(process)) LOOP
                    PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$
                    """)
                try connection.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)")
            }
        }
        #expect(error?.code == .unavailable)
        #expect(try await database.productCount() == 0)
    }

    @Test func `a connection that is lost during a commit is an unknown outcome and is not repeated`() async throws {
        let database = try open([.products, .slowCommit])
        let attempts = Counter()
        // The commit waits for this lock of the session.
        let holder = try open([.products, .slowCommit])
        _ = try await holder.read { try $0.query("SELECT pg_advisory_lock(1)::text") }
        let writing = Task {
            try await database.write { connection in
                attempts.increment()
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
            }
        }
        try await waitUntil(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
            in: database)
        try endConnections(where: "wait_event_type = 'Lock'")
        let failure = await #expect(throws: DatabaseError.self) { try await writing.value }
        try holder.close()
        #expect(failure?.code == .unknownOutcome)
        #expect(attempts.count == 1)
    }

    @Test func `a server that cannot be reached is unavailable, and the error shows no password`() async throws {
        for text in ["postgres://u:hunter2@/x?host=\(folder.path)", "postgres://u:hunter2@127.0.0.1:1/x"] {
            let error = #expect(throws: DatabaseError.self) {
                try SQLDatabase.open(DatabaseURL(text), migrations: [])
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("Cannot connect to the database") == true)
            #expect(error?.message.contains("hunter2") == false)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a commit whose wait for a synchronous standby is cancelled is an unknown outcome`() async throws {
        // The setting belongs to the whole server.
        let server = try PostgreSQLServer()
        try server.run("CREATE DATABASE shop")
        let database = try SQLDatabase.open(DatabaseURL(server.url(database: "shop")), migrations: [.products])
        try server.run("ALTER SYSTEM SET synchronous_standby_names = 'missing'")
        try server.run("SELECT pg_reload_conf()")
        let (isCancelled, writes) = (Counter(), Counter())
        let writing = Task {
            // The first commits may come before the server has read the setting.
            while isCancelled.count == 0 {
                writes.increment()
                try await database.write {
                    try $0.execute("INSERT INTO products (id, stock) VALUES ($1, 1)", "\(writes.count)")
                }
            }
        }
        let hasWaited = try await eventually {
            let isWaiting = try await database.read {
                try $0.queryOne("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != nil
            }
            guard isWaiting else { return false }
            isCancelled.increment()
            _ = try await database.read {
                try $0.query(
                    "SELECT pg_cancel_backend(pid) AS cancelled FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
            }
            return true
        }
        #expect(hasWaited)
        let error = await #expect(throws: DatabaseError.self) { try await writing.value }
        #expect(error?.code == .unknownOutcome)
        // The primary has the change, so a failover would lose it.
        #expect(try await database.productCount() == writes.count)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a migration does not wait forever for a synchronous standby`() async throws {
        // The setting belongs to the whole server.
        let server = try PostgreSQLServer()
        try server.run("CREATE DATABASE shop")
        try server.run("ALTER SYSTEM SET synchronous_standby_names = 'missing'")
        try server.run("SELECT pg_reload_conf()")
        let isSet = try await eventually {
            (try? server.run("SELECT 1 / length(current_setting('synchronous_standby_names'))")) != nil
        }
        #expect(isSet)
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL(server.url(database: "shop")), migrations: [.products])
        }
        #expect(error?.code == .unknownOutcome)
    }

    // MARK: - Limits

    @Test func `a transaction that gets no connection within its time fails as busy`() async throws {
        let database = try open()
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<PostgreSQLEngine.maximumSessions {
                group.addTask {
                    try await database.read { _ in
                        arrival.yield()
                        release.wait()
                    }
                }
            }
            for await _ in arrivals.prefix(PostgreSQLEngine.maximumSessions) {}
            let error = await #expect(throws: DatabaseError.self) { try await database.ping() }
            #expect(error?.code == .busy)
            for _ in 0..<PostgreSQLEngine.maximumSessions { release.signal() }
            try await group.waitForAll()
        }
        try await database.ping()
    }

    @Test(arguments: [
        ("statement_timeout%3D50", "SELECT pg_sleep(60)"), ("lock_timeout%3D50", "SELECT pg_advisory_lock(7)"),
    ])
    func `a statement that takes too long fails as busy, and the URL may set the time`(
        option: String, sql: String
    ) async throws {
        let holder = try open()
        _ = try await holder.read { try $0.query("SELECT pg_advisory_lock(7)::text") }
        let database = try open(options: "&options=-c%20\(option)")
        let error = await #expect(throws: DatabaseError.self) { try await database.read { try $0.query(sql) } }
        #expect(error?.code == .busy)
        try await database.ping()
        try holder.close()
    }

    @Test func `each session has the settings that keep data safe and transactions short`() async throws {
        let database = try open(options: "&application_name=shop")
        let row = try await database.write {
            try $0.queryOne(
                """
                SELECT current_setting('synchronous_commit') AS commit, current_setting('transaction_isolation') AS isolation,
                current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name,
                current_setting('client_encoding') AS encoding
                """)
        }
        let settings = try #require(row)
        #expect(try settings["commit"] == "on")
        #expect(try settings["isolation"] == "read committed")
        #expect(try settings["statement"] == "5s")
        #expect(try settings["lock"] == "4s")
        #expect(try settings["idle"] == "10s")
        #expect(try settings["name"] == "shop")
        #expect(try settings["encoding"] == "UTF8")
    }

    @Test(arguments: [
        ("remote_apply", "", "remote_apply"), ("off", "", "on"), ("remote_apply", "synchronous_commit%3Doff", "off"),
    ])
    func `a commit waits for the disk, and longer if the server says so, unless the URL says less`(
        ofServer: String, option: String, expected: String
    ) async throws {
        try server.run("ALTER DATABASE \"\(name)\" SET synchronous_commit = \(ofServer)")
        let database = try open(options: option.isEmpty ? "" : "&options=-c%20\(option)")
        let row = try await database.write { try $0.queryOne("SHOW synchronous_commit") }
        #expect(try row?["synchronous_commit"] == expected)
    }

    @Test(arguments: [
        "bytea_output%3Descape", "standard_conforming_strings%3Doff", "DateStyle%3DGerman",
        "IntervalStyle%3Dsql_standard",
        "extra_float_digits%3D0", "client_min_messages%3Ddebug5", "quote_all_identifiers%3Don",
        "escape_string_warning%3Don",
    ])
    func `no setting of the session changes how values are read`(option: String) async throws {
        let database = try open(options: "&options=-c%20\(option)")
        let row = try await database.write {
            try $0.queryOne(#"SELECT $1 AS bytes, $2 AS text, '\' AS backslash"#, [UInt8]([0, 92, 255]), #"\'é"#)
        }
        #expect(try row?["bytes"] == [UInt8]([0, 92, 255]))
        #expect(try row?["text"] == #"\'é"#)
        #expect(try row?["backslash"] == #"\"#)
    }

    @Test func `bytes in another format are an error`() async throws {
        let database = try open()
        let error = await #expect(throws: DatabaseError.self) {
            try await database.read { connection in
                // A pooler without support for the settings of a session has the effect of this statement.
                try connection.run(script: "SET LOCAL bytea_output = escape")
                return try connection.queryOne("SELECT $1 AS bytes", [UInt8]("!".utf8))
            }
        }
        #expect(error?.code == .invalidColumn)
    }

    @Test func `the history of a database stays the same, and a copy has another one`() async throws {
        let database = try open()
        let history = try await database.read { try $0.history() }
        let again = try await open().write { try $0.history() }
        #expect(history != nil && history == again)
        let copy = try SQLDatabase.open(DatabaseURL(folder.databaseURL(.postgresql, "copy")), migrations: [.products])
        #expect(try await copy.read { try $0.history() } != history)
    }

    @Test func `a dump that replaces the tables of a database begins another history`() async throws {
        let database = try open()
        let history = try await database.read { try $0.history() }
        try await database.write { connection in
            try connection.run(
                script: """
                    CREATE TABLE restored AS TABLE schema_migrations; DROP TABLE schema_migrations;
                    ALTER TABLE restored RENAME TO schema_migrations
                    """)
        }
        #expect(try await database.read { try $0.history() } != history)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a restored copy of the files of a server has another history than the server`() async throws {
        let server = try PostgreSQLServer()
        try server.run("CREATE DATABASE shop")
        let database = try SQLDatabase.open(DatabaseURL(server.url(database: "shop")), migrations: [.products])
        let restored = try PostgreSQLStandby(of: server, follows: false)
        let copy = try SQLDatabase.open(DatabaseURL(restored.url(database: "shop")), migrations: [.products])
        let (restoredHistory, history) = (
            try await copy.read { try $0.history() }, try await database.read { try $0.history() }
        )
        #expect(restoredHistory != history)
    }

    // MARK: - Servers and databases that cannot be used

    @Test func `a database that is read-only cannot be opened, and an open one reports it until it is writable`()
        async throws
    {
        let database = try open()
        try server.run("ALTER DATABASE \"\(name)\" SET default_transaction_read_only = on")
        let error = #expect(throws: DatabaseError.self) { try open() }
        #expect(error?.code == .readOnly)
        #expect(error?.message.contains("target_session_attrs=read-write") == true)
        try endConnections()
        let pingError = await #expect(throws: DatabaseError.self) { try await database.ping() }
        #expect(pingError?.code == .readOnly)
        try server.run("ALTER DATABASE \"\(name)\" SET default_transaction_read_only = off")
        try await database.ping()
    }

    @Test func `a database that does not sort text by its bytes cannot be opened`() throws {
        let sorted = "\(name)-sorted"
        try server.run("CREATE DATABASE \"\(sorted)\" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'")
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL(server.url(database: sorted)), migrations: [])
        }
        try server.run("DROP DATABASE \"\(sorted)\" WITH (FORCE)")
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'") == true)
    }

    @Test func `the first usable host of a list is used`() async throws {
        let hosts = "postgres://tests@/\(name)?host=/nowhere,\(server.folder)&target_session_attrs=read-write"
        let database = try SQLDatabase.open(DatabaseURL(hosts), migrations: [.products])
        #expect(try await database.productCount() == 0)
    }

    @Test func `a server whose connections are all in use is unavailable`() async throws {
        let database = try open()
        try server.run("ALTER DATABASE \"\(name)\" CONNECTION LIMIT 0")
        try server.run("CREATE ROLE \"\(name)\" LOGIN")
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(
                DatabaseURL("postgres://\(name)@/\(name)?host=\(server.folder)"), migrations: [.products])
        }
        try server.run("DROP ROLE \"\(name)\"; ALTER DATABASE \"\(name)\" CONNECTION LIMIT -1")
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("too many connections") == true)
        try await database.ping()
    }

    @Test func `a database that does not exist is unavailable, and the error contains its name`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL(server.url(database: "nowhere")), migrations: [])
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("\"nowhere\" does not exist") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server of an older version cannot be used`() async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.oldServer, "\(folder.path)/.s.PGSQL.5432"]
        let output = Pipe()
        process.standardOutput = output
        try process.launchAlone()
        _ = output.fileHandleForReading.availableData
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(DatabaseURL("postgres://tests@/x?host=\(folder.path)"), migrations: [])
        }
        process.waitUntilExit()
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("The server runs PostgreSQL 14; use a server of version 15 or later") == true)
    }

    /// A server that accepts one connection and reports the version 14.2
    /// (https://www.postgresql.org/docs/15/protocol-message-formats.html).
    private static let oldServer = """
        import socket, struct, sys
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1])
        listener.listen()
        print("listening", flush=True)
        client, _ = listener.accept()
        client.recv(4096)
        def message(kind, body): return kind + struct.pack("!I", len(body) + 4) + body
        client.sendall(message(b"R", struct.pack("!I", 0)) + message(b"S", b"server_version\\x0014.2\\x00")
            + message(b"Z", b"I"))
        client.recv(4096)
        """

    @Test(.enabled(if: geteuid() == 0, "Mounting a small disk needs root"))
    func `a full disk has its own error code, loses no data and allows writes when there is space again`() async throws
    {
        let disk = try SmallDisk(in: folder)
        try server.run("CREATE TABLESPACE \"\(name)\" LOCATION '\(disk.path)'")
        let database = try open([.products, Migration("disk", "ALTER TABLE products SET TABLESPACE \"\(name)\"")])
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        // The server cannot compress it.
        let image = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                for index in 0..<100 {
                    try connection.execute(
                        "INSERT INTO products (id, stock, image) VALUES ($1, 1, $2)", "p\(index)", image)
                }
            }
        }
        #expect(error?.code == .full)
        #expect(try await database.productCount() == 1)
        try disk.makeSpace()
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)") }
        #expect(try await database.productCount() == 2)
        try await database.write { try $0.execute("ALTER TABLE products SET TABLESPACE pg_default") }
        try server.run("DROP TABLESPACE \"\(name)\"")
    }

    @Test(.enabled(if: geteuid() == 0, "Mounting a small disk needs root"))
    func `a disk that becomes full during a migration leaves the database as it was`() async throws {
        let disk = try SmallDisk(in: folder)
        try server.run("CREATE TABLESPACE \"\(name)\" LOCATION '\(disk.path)'")
        let large = Migration(
            "large",
            """
            CREATE TABLE large (id BIGINT) TABLESPACE "\(name)";
            INSERT INTO large SELECT generate_series(1, 200000);
            """)
        let error = #expect(throws: DatabaseError.self) { try open([.products, large]) }
        #expect(error?.code == .full)
        #expect(error?.message.contains("make space there") == true)
        let tables: [String] = try await open([]).read {
            try $0.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").map { try $0["tablename"] }
        }
        #expect(tables == ["schema_migrations"])
        try server.run("DROP TABLESPACE \"\(name)\"")
    }

    private func stocks(in database: SQLDatabase) async throws -> [Int] {
        try await database.read { try $0.query("SELECT stock FROM products ORDER BY id").map { try $0["stock"] } }
    }

    /// Waits until a query has a row.
    private func waitUntil(_ sql: String, in database: SQLDatabase) async throws {
        while try await database.read({ try $0.queryOne(sql) }) == nil {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

extension Migration {
    /// A trigger that makes each commit of a product wait for an advisory lock.
    fileprivate static let slowCommit = Migration(
        "slow commit",
        """
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON products DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait();
        """)
}
