import Database
import Foundation
import TestSupport
import Testing

/// PgBouncer between the services and the server. In transaction mode, it runs each transaction in any of its sessions.
@Suite(
    .enabled(
        if: PostgreSQLServer.isInstalled && PgBouncer.isInstalled,
        "PostgreSQL or PgBouncer is not installed: scripts/setup postgresql pgbouncer"), .timeLimit(.minutes(1)))
struct PgBouncerTests {
    /// The number of connections to the server: fewer than the clients have in transaction mode, enough for all otherwise.
    static let modes = [("transaction", 2), ("session", 40)]

    let folder: TemporaryFolder
    let server: PostgreSQLServer
    /// The name of an empty database.
    let name: String

    init() throws {
        folder = try TemporaryFolder()
        server = try PostgreSQLServer.shared.get()
        _ = try folder.databaseURL(.postgresql)
        name = "\(folder.url.lastPathComponent)-service"
    }

    private func start(mode: String, poolSize: Int) throws -> PgBouncer {
        try PgBouncer(
            of: server,
            settings: [
                "pool_mode = \(mode)", "default_pool_size = \(poolSize)", "ignore_startup_parameters = options",
            ])
    }

    @Test(arguments: modes)
    func `the transactions of two processes share the sessions of PgBouncer`(mode: String, poolSize: Int) async throws {
        let pooler = try start(mode: mode, poolSize: poolSize)
        let databases = try (0..<2).map { _ in
            try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        }
        try await databases[0].write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let stock: Int? = try await databases[number % 2].write { connection in
                        // Each statement runs twice, the second time as one that might be prepared.
                        for step in [1, 2] {
                            try connection.execute("UPDATE products SET stock = stock + $1 WHERE id = 'lamp'", step)
                        }
                        return try connection.queryOne("SELECT stock FROM products WHERE id = $1", "lamp")?["stock"]
                    }
                    #expect(stock.map { $0 % 3 } == 0)
                    let count = try await databases[(number + 1) % 2].productCount()
                    #expect(count == 1)
                }
            }
            try await group.waitForAll()
        }
        let stock: Int? = try await databases[1].read { try $0.queryOne("SELECT stock FROM products")?["stock"] }
        #expect(stock == 300)
    }

    @Test(arguments: modes)
    func `each transaction has the settings that PgBouncer drops`(mode: String, poolSize: Int) async throws {
        try server.run("ALTER DATABASE \"\(name)\" SET synchronous_commit = off")
        try server.run("ALTER DATABASE \"\(name)\" SET bytea_output = escape")
        let pooler = try start(mode: mode, poolSize: poolSize)
        let database = try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        let settings = """
            SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
            current_setting('synchronous_commit') AS commit, $1 AS bytes
            """
        for _ in 0..<2 {
            let row = try await database.write { try $0.queryOne(settings, [UInt8]([0, 92, 255])) }
            #expect(try row?["statement"] == "5s")
            #expect(try row?["lock"] == "4s")
            #expect(try row?["commit"] == "on")
            #expect(try row?["bytes"] == [UInt8]([0, 92, 255]))
        }
    }

    @Test func `a server that waits until its standbys show a change does so behind PgBouncer`() async throws {
        try server.run("ALTER DATABASE \"\(name)\" SET synchronous_commit = remote_apply")
        let pooler = try start(mode: "transaction", poolSize: 2)
        let database = try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        for _ in 0..<2 {
            let row = try await database.write { try $0.queryOne("SHOW synchronous_commit") }
            #expect(try row?["synchronous_commit"] == "remote_apply")
        }
    }

    @Test func `a cancelled statement ends at the server behind PgBouncer`() async throws {
        let pooler = try start(mode: "transaction", poolSize: 2)
        let database = try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        let reading = Task { try await database.read { try $0.query("SELECT pg_sleep(4)") } }
        let running = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        let isRunning = try await eventually { try await database.read { try $0.queryOne(running) != nil } }
        #expect(isRunning)
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        let hasEnded = try await eventually { try await database.read { try $0.queryOne(running) == nil } }
        #expect(hasEnded)
    }

    @Test func `a read-only server behind PgBouncer is reported with what to do`() async throws {
        let pooler = try start(mode: "transaction", poolSize: 2)
        try server.run("ALTER DATABASE \"\(name)\" SET default_transaction_read_only = on")
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        }
        #expect(error?.code == .readOnly)
        #expect(error?.message.contains("connect to the primary") == true)
    }

    @Test func `an open database behind PgBouncer is not ready while its server is read-only`() async throws {
        let pooler = try start(mode: "transaction", poolSize: 2)
        let database = try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        try await database.ping()
        try server.run("ALTER DATABASE \"\(name)\" SET default_transaction_read_only = on")
        try server.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(name)'")
        let error = await #expect(throws: DatabaseError.self) { try await database.ping() }
        #expect(error?.code == .readOnly)
        #expect(try await database.productCount() == 0)
        try server.run("ALTER DATABASE \"\(name)\" SET default_transaction_read_only = off")
        try server.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(name)'")
        try await database.ping()
    }

    /// A record of TLS has up to 16 KiB, of which libpq reads a part: https://github.com/ged/ruby-pg/issues/588.
    @Test func `rows arrive whole over TLS, however they lie in its records`() async throws {
        let password = UUID().uuidString
        let address = "127.\((1..<255).randomElement() ?? 1).\((1..<255).randomElement() ?? 1).3"
        let port = Int.random(in: 20_000..<28_000)
        try await run(
            [
                "/bin/sh", "-c",
                """
                openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout key.pem -days 2 -subj /CN=tests \
                  -out certificate.pem
                echo '"tests" "\(password)"' >passwords
                chmod a+rx . && chmod a+r key.pem passwords
                """,
            ], in: folder.url)
        let pooler = try PgBouncer(
            of: server,
            settings: [
                "pool_mode = session", "ignore_startup_parameters = options", "pkt_buf = 65536",
                "listen_addr = \(address)", "listen_port = \(port)", "auth_type = plain",
                "auth_file = \(folder.path("passwords"))", "client_tls_sslmode = require",
                "client_tls_key_file = \(folder.path("key.pem"))",
                "client_tls_cert_file = \(folder.path("certificate.pem"))",
            ])
        let database = try SQLDatabase.openReplica(
            DatabaseURL("postgres://tests:\(password)@\(address):\(port)/\(name)?sslmode=require"))
        for size in stride(from: 8_200, to: 10_400, by: 40) {
            let rows = try await database.read {
                try $0.query("SELECT repeat('x', $1::int) AS text FROM generate_series(1, 3)", size)
            }
            let texts: [String] = try rows.map { try $0["text"] }
            #expect(texts.map(\.utf8.count) == [size, size, size])
        }
        withExtendedLifetime(pooler) {}
    }

    @Test func `a PgBouncer that refuses the options of the connection is reported with its setting`() throws {
        let pooler = try PgBouncer(of: server, settings: ["pool_mode = transaction"])
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(pooler.url(database: name), migrations: [.products])
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("Set ignore_startup_parameters = options") == true)
    }
}
