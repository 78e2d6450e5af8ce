import HTTPTypes
import TestSupport
import Testing

/// A PostgreSQL server that runs and rejects connections, as while it starts, shuts down or recovers.
@Suite(
    .enabled(if: ServiceName.exist([.catalog, .inbox])),
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"))
struct DatabaseStateTests {
    @Test(.timeLimit(.minutes(3)))
    func `a service responds with 503 while its database starts, and recovers alone`() async throws {
        try await withCluster(running: []) { cluster in
            let server = try await DatabaseServer(in: cluster)
            try await cluster.start(.catalog, environment: ["DATABASE_URL": server.url(.catalog)])
            #expect(try await cluster.get(.catalog, "/products").status == 200)

            await server.kill()
            try await server.startUnready()
            let response = try await cluster.get(.catalog, "/products")
            #expect(response.status == 503)
            #expect(response.headers[.retryAfter] != nil)
            #expect(try await cluster.get(.catalog, "/readyz").status == 503)
            await #expect(throws: ClusterError.self) {
                try await cluster.start(.inbox, environment: ["DATABASE_URL": server.url(.inbox)])
            }
            let advice = "Wait until the server accepts connections, then start the service again if it has ended."
            #expect(try cluster.log(.inbox).contains(advice))

            await server.kill()
            try await server.start()
            #expect(try await cluster.get(.catalog, "/products").status == 200)
        }
    }
}
