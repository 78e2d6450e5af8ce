import Foundation
import TestSupport
import Testing

@testable import Database

/// A PostgreSQL server, or one process of it, that stops responding.
///
/// Each test has a server, because a stopped process delays those that create databases at the same server.
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .timeLimit(.minutes(1)))
struct UnresponsiveServerTests {
    private func open(_ server: PostgreSQLServer) throws -> SQLDatabase {
        try SQLDatabase.open(DatabaseURL(server.url(database: "postgres")), migrations: [.products])
    }

    @Test func `a server that accepts a connection and never responds holds a transaction until its deadline only`()
        async throws
    {
        let folder = try TemporaryFolder()
        // The operating system accepts the connections.
        let listener = try MuteListener(at: folder.path(".s.PGSQL.5432"))
        let database = try SQLDatabase.openReplica(
            DatabaseURL("postgres://tests@/x?host=\(folder.path)&connect_timeout=3600"))
        for _ in 0..<2 {
            let error = await #expect(throws: DatabaseError.self) {
                try await SQLDatabase.waiting(atMost: .milliseconds(300)) { try await database.read { _ in } }
            }
            #expect(error?.code == .unavailable)
        }
        let reading = Task { try await database.read { _ in } }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        listener.close()
        let error = await #expect(throws: DatabaseError.self) { try await database.ping() }
        #expect(error?.code == .unavailable)
    }

    @Test func `a connection that does not respond holds a transaction until its deadline only`() async throws {
        let server = try PostgreSQLServer()
        let database = try open(server)
        let hung = try await process(of: database)
        kill(pid_t(hung), SIGSTOP)
        defer { kill(pid_t(hung), SIGCONT) }
        let error = await #expect(throws: DatabaseError.self) {
            try await SQLDatabase.waiting(atMost: .milliseconds(300)) { try await database.read { _ in } }
        }
        #expect(error?.code == .unavailable)
        #expect(try await process(of: database) != hung)
    }

    @Test func `a task that is cancelled while its transaction begins leaves the connection usable`() async throws {
        let server = try PostgreSQLServer()
        let database = try open(server)
        let slow = try await process(of: database)
        kill(pid_t(slow), SIGSTOP)
        let reading = Task { try await database.read { try $0.query("SELECT 1 AS one").count } }
        // No event tells that the thread waits for the response.
        try await Task.sleep(for: .milliseconds(100))
        reading.cancel()
        try await Task.sleep(for: .milliseconds(100))
        kill(pid_t(slow), SIGCONT)
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(try await process(of: database) == slow)
    }

    @Test func `a cancelled statement of a server that does not respond ends as cancelled`() async throws {
        let server = try PostgreSQLServer()
        let (database, other) = (try open(server), try open(server))
        let hung = try await process(of: database)
        let reading = Task { try await database.read { try $0.query("SELECT pg_sleep(60)") } }
        let isRunning = try await eventually {
            try await other.read {
                try $0.queryOne("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = $1", hung)
                    != nil
            }
        }
        #expect(isRunning)
        kill(pid_t(hung), SIGSTOP)
        defer { kill(pid_t(hung), SIGCONT) }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(try await process(of: database) != hung)
    }

    /// The process of the server that serves the one session of a database.
    private func process(of database: SQLDatabase) async throws -> Int {
        let row = try await database.read { try $0.queryOne("SELECT pg_backend_pid() AS pid") }
        return try #require(row)["pid"]
    }
}
