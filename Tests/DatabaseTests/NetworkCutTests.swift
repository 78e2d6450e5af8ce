import Database
import Foundation
import TestSupport
import Testing

/// A server whose packets are lost. A server that hangs is another case, because its machine still acknowledges packets.
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .enabled(if: SeparateNetwork.isPossible, "Making a network needs root and the package iproute2"),
    .timeLimit(.minutes(1)))
struct NetworkCutTests {
    @Test func `the system notices that a request is not received before the time for a response is over`() async throws
    {
        try await withServer { network, _, database in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.write { connection in
                    try network.cut()
                    _ = try connection.query("SELECT pg_sleep(60)")
                }
            }
            check(error)
        }
    }

    @Test func `the system notices that no response can come before the time for it is over`() async throws {
        try await withServer { network, server, database in
            let writing = Task { try await database.write { try $0.query("SELECT pg_sleep(60)").count } }
            let isRunning = try await eventually {
                (try? server.run("SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")) != nil
            }
            #expect(isRunning)
            try network.cut()
            check(await #expect(throws: DatabaseError.self) { try await writing.value })
        }
    }

    private func check(_ error: DatabaseError?) {
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("The connection to the database was lost") == true, "\(error?.message ?? "")")
    }

    /// Calls `body` with a server in a separate network and a database that has a connection to it.
    private func withServer(_ body: (SeparateNetwork, PostgreSQLServer, SQLDatabase) async throws -> Void) async throws
    {
        let network = try SeparateNetwork()
        let server = try PostgreSQLServer(settings: ["listen_addresses = '\(network.address)'"], under: network.wrapper)
        let user = "tests:\(try server.setPassword())"
        let url = "postgres://\(user)@\(network.address)/postgres?options=-c%20statement_timeout%3D60s"
        let database = try SQLDatabase.open(DatabaseURL(url), migrations: [.products])
        try await database.ping()
        try await body(network, server, database)
    }
}
