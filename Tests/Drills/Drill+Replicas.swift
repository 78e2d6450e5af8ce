import Foundation
import TestSupport

extension Drill {
    /// Kills one of two processes of each service.
    static let killReplica = Drill(
        "kill-replica",
        """
        When one of two processes of each service is killed under load, only requests that it was working on fail, and \
        nothing acknowledged is lost.
        """
    ) { scale, report in
        try await withReplicas { cluster, services, server in
            let reconciliation = try await Reconciliation(of: cluster, databases: server.urls())
            let (checkouts, sessions) = (Checkouts(reconciliation), try await SessionLedger(of: cluster))
            let (clients, rounds) = (4, scale.choose(1, 5))
            var signIns = Tally()
            let tally = try await checkouts.underLoad(clients: clients) {
                signIns = try await sessions.underLoad {
                    for round in 0..<rounds {
                        for replicas in services.replicas.values {
                            let replica = replicas[round % replicas.count]
                            await services.kill(replica)
                            try await Task.sleep(for: .seconds(1))
                            try await services.start(replica)
                            try await services.waitUntilUsed(replica)
                        }
                    }
                }
            }
            let kills = rounds * services.replicas.count
            let failed = tally.unexpected.isEmpty ? 0 : tally.count - tally.count(200..<300)
            report.figure("\(kills) kills, \(tally.count) checkouts, of which \(failed) failed; \(signIns)")
            // Orders calls the three others for a checkout, so a kill of any process may fail one checkout of each client.
            report.require(failed <= kills * clients * 2, "only requests in progress fail (\(tally))")
            try await checkouts.repeatFailed()
            try await reconciliation.check(report)
            let placed = try await reconciliation.placedOrders()
            report.require(placed.isSuperset(of: checkouts.acknowledged.values), "no acknowledged order is lost")
            try await sessions.check(report)
        }
    }

    /// Restarts all processes of all services one after the other.
    static let rollingRestart = Drill(
        "rolling-restart",
        """
        When all processes of all services are restarted one after the other under load, and the proxy is told before \
        each stop, no request fails.
        """
    ) { scale, report in
        try await withReplicas { cluster, services, server in
            let reconciliation = try await Reconciliation(of: cluster, databases: server.urls())
            let (checkouts, sessions) = (Checkouts(reconciliation), try await SessionLedger(of: cluster))
            var signIns = Tally()
            let tally = try await checkouts.underLoad(clients: 4) {
                signIns = try await sessions.underLoad {
                    for _ in 0..<scale.choose(1, 5) {
                        for replica in services.replicas.values.joined() { try await services.restart(replica) }
                    }
                }
            }
            report.figure("\(tally.count + signIns.count) requests: \(tally); \(signIns)")
            let unexpected = tally.unexpected + signIns.unexpected
            report.require(unexpected.isEmpty, "no request fails (\(unexpected.prefix(5)))")
            try await reconciliation.check(report)
            try await sessions.check(report)
        }
    }

    /// Migrates the database of orders while the processes of the version before serve.
    static let migration = Drill(
        "migration",
        """
        While a later version adds a column and an index to a database, the processes of the version before serve without \
        an error.
        """
    ) { scale, report in
        try await withReplicas { cluster, _, server in
            let reconciliation = try await Reconciliation(of: cluster, databases: server.urls())
            let checkouts = Checkouts(reconciliation)
            let tally = try await checkouts.underLoad(clients: 4) {
                try await Task.sleep(for: .seconds(1))
                for number in 1...scale.choose(2, 10) {
                    let start = ContinuousClock.now
                    // One transaction, as a service migrates.
                    try await server.execute(
                        """
                        BEGIN;
                        ALTER TABLE orders ADD COLUMN added_\(number) BIGINT NOT NULL DEFAULT 0;
                        CREATE INDEX added_index_\(number) ON orders (added_\(number));
                        INSERT INTO schema_migrations SELECT count(*), 'added \(number)' FROM schema_migrations;
                        COMMIT
                        """, in: "orders")
                    report.progress("migrated in \((ContinuousClock.now - start).text)")
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
            report.figure("\(tally), \(tally.durations.spread)")
            report.require(tally.unexpected.isEmpty, "no request fails (\(tally.unexpected.prefix(5)))")
            try await reconciliation.check(report)
        }
    }

    /// Starts two processes of each service on a PostgreSQL server, behind HAProxy, and calls `body`.
    static func withReplicas(
        _ body: (Cluster, ReplicatedServices, DatabaseServer) async throws -> Void
    ) async throws {
        try checkPrograms(ReplicatedServices.balancer)
        try await withCluster(running: []) { cluster in
            let server = try await DatabaseServer(in: cluster)
            let services = try await ReplicatedServices(of: cluster, count: 2, databases: server.urls())
            try await cluster.waitForFeed()
            try await body(cluster, services, server)
        }
    }

    /// Skips the drill if PostgreSQL or another program is missing.
    static func checkPrograms(_ paths: String...) throws {
        guard PostgreSQLServer.isInstalled else { throw SkippedDrill(reason: "PostgreSQL 15 is not installed") }
        for path in paths where !FileManager.default.isExecutableFile(atPath: path) {
            throw SkippedDrill(reason: "\(path) is not installed")
        }
    }
}
