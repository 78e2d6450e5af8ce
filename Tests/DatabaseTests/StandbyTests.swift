import Database
import TestSupport
import Testing

/// A hot standby of PostgreSQL, which accepts reads only.
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .timeLimit(.minutes(1)))
struct StandbyTests {
    @Test func `a standby can be read as a replica, but cannot be opened as a database`() async throws {
        let primary = try PostgreSQLServer()
        try primary.run("CREATE DATABASE shop")
        let database = try SQLDatabase.open(DatabaseURL(primary.url(database: "shop")), migrations: [.products])
        let standby = try PostgreSQLStandby(of: primary)
        let url = try DatabaseURL(standby.url(database: "shop"))
        let replica = try SQLDatabase.openReplica(url)

        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        let isCopied = try await eventually { try await replica.productCount() == 1 }
        #expect(isCopied)
        let openError = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(url, migrations: [.products, Migration("later", "CREATE TABLE later (id BIGINT)")])
        }
        #expect(openError?.code == .readOnly)
        #expect(openError?.message.contains("connect to the primary") == true)
        let writeError = await #expect(throws: DatabaseError.self) {
            try await replica.write { try $0.execute("DELETE FROM products") }
        }
        #expect(writeError?.code == .readOnly)
        // Only the primary knows the history of its commits.
        await #expect(throws: DatabaseError.self) { try await replica.read { try $0.history() } }
    }
}
