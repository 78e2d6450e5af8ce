import Configuration
import Database
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

/// Catalog with a replica of its database (`DATABASE_READ_URL`).
@Suite(
    .enabled(if: PostgreSQLServer.isInstalled, "PostgreSQL is not installed: scripts/setup postgresql"),
    .timeLimit(.minutes(1)))
struct ReplicaTests {
    @Test func `products are read from the replica, and everything else uses the primary`() async throws {
        let primary = try PostgreSQLServer()
        try primary.run("CREATE DATABASE catalog")
        let standby = try PostgreSQLStandby(of: primary)
        let environment = [
            "DATABASE_URL": primary.url(database: "catalog"), "DATABASE_READ_URL": standby.url(database: "catalog"),
        ]
        let replica = try SQLDatabase.openReplica(DatabaseURL(standby.url(database: "catalog")))
        try await ServiceUnderTest<Catalog>.run(environment: environment) { catalog in
            let isReady = try await eventually {
                try await catalog.client.send(.get, "/readyz").text.contains(#""replica":"ready""#)
            }
            #expect(isReady)
            // Changes reach the standby, but it does not show them.
            _ = try await replica.read { try $0.query("SELECT pg_wal_replay_pause()::text") }
            let isPaused = try await eventually {
                try await replica.read { try $0.queryOne("SELECT pg_get_wal_replay_pause_state() AS state")?["state"] }
                    == "paused"
            }
            #expect(isPaused)
            let id = try await catalog.addProduct()
            #expect(try await catalog.client.send(.get, "/products/\(id)").status == 404)
            _ = try await replica.read { try $0.query("SELECT pg_wal_replay_resume()::text") }
            let isShown = try await eventually {
                try await catalog.client.send(.get, "/products/\(id)").status == 200
            }
            #expect(isShown)
        }
        try replica.close()
    }

    @Test func `a replica that cannot be reached makes reads fail with 503 and nothing else`() async throws {
        let folder = try TemporaryFolder()
        let environment = [
            "DATABASE_URL": try folder.databaseURL(.postgresql), "DATABASE_READ_URL": "postgres://127.0.0.1:1/catalog",
        ]
        try await ServiceUnderTest<Catalog>.run(environment: environment, folder: folder) { catalog in
            let read = try await catalog.client.send(.get, "/products")
            #expect(read.status == 503 && read.code == "storage_unavailable")
            _ = try await catalog.addProduct()
            let ready = try await catalog.client.send(.get, "/readyz")
            #expect(ready.status == 200 && ready.text.contains("degraded: unavailable; reads fail"))
        }
    }

    @Test(arguments: [
        ("sqlite:replica.sqlite", "must name a replica on PostgreSQL"), ("nonsense", "must start with its engine"),
    ])
    func `catalog rejects a replica that it cannot use`(url: String, reason: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await ServiceUnderTest<Catalog>.application(environment: ["DATABASE_READ_URL": url])
        }
        #expect(error?.description.contains(reason) == true)
    }
}
