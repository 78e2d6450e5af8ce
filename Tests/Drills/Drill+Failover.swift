import Foundation
import HTTPTypes
import TestSupport

extension Drill {
    /// Kills the primary of three servers with synchronous replication.
    static let failover = Drill(
        "failover",
        """
        When the primary of three PostgreSQL servers is killed under load, Patroni promotes the synchronous standby, the \
        services continue by themselves, no acknowledged order, session or logout is lost, and no revoked token is \
        accepted again.
        """
    ) { scale, report in
        try await withPatroni(isSynchronous: true, scale) { cluster, servers, reconciliation in
            let (checkouts, sessions) = (Checkouts(reconciliation), try await SessionLedger(of: cluster))
            let primary = try await servers.primary()
            let tally = try await checkouts.underLoad(clients: 3) {
                _ = try await sessions.underLoad {
                    try await Task.sleep(for: scale.choose(.seconds(2), .seconds(20)))
                    await primary.program.kill()
                    try await waitForRecovery(of: cluster, servers, from: primary, report)
                }
            }
            try await checkNothingIsLost(tally, checkouts, sessions, reconciliation, report)
        }
    }

    /// Kills the primary of three servers with asynchronous replication, while the standbys receive nothing.
    static let failoverAsynchronous = Drill(
        "failover-asynchronous",
        """
        With asynchronous replication, a failover loses the last acknowledged changes. The services notice the other \
        history of the database: they keep the revocations that they have read, and learn those that come after.
        """
    ) { scale, report in
        try await withPatroni(isSynchronous: false, scale) { cluster, servers, reconciliation in
            let (checkouts, sessions) = (Checkouts(reconciliation), try await SessionLedger(of: cluster))
            let epoch = try await servers.history()
            let primary = try await servers.primary()
            _ = try await checkouts.underLoad(clients: 3) {
                _ = try await sessions.underLoad {
                    try await waitForAcknowledgements(checkouts, sessions)
                    try await servers.stopReplication()
                    report.progress("the standbys receive nothing")
                    try await waitForAcknowledgements(checkouts, sessions)
                }
            }
            let ended = sessions.ended
            for session in ended {
                for service in Cluster.followers {
                    try await cluster.waitForRejection(of: session.accessToken, at: service)
                }
            }
            await primary.program.kill()
            try await waitForRecovery(of: cluster, servers, from: primary, report)
            let placed = try await reconciliation.placedOrders()
            let lost = Set(checkouts.acknowledged.values).subtracting(placed)
            var revived = 0
            for session in ended where try await cluster.status(of: .login, token: session.accessToken) != 401 {
                revived += 1
            }
            report.figure(
                "lost \(lost.count) of \(checkouts.acknowledged.count) acknowledged orders, and \(revived) of "
                    + "\(ended.count) logouts at login")
            report.require(!lost.isEmpty, "acknowledged orders are lost")
            report.require(revived > 0, "acknowledged logouts are lost")
            let history = try await servers.history()
            report.require(history != epoch, "the epoch of the feed changes (\(epoch), \(history))")
            for session in ended {
                let isRejected = try await sessions.isRejected(session.accessToken)
                report.require(isRejected, "services still reject the tokens whose revocation the database has lost")
            }
            let delays = try await cluster.logoutDelays().map(\.1)
            report.figure("a logout after the failover reaches all services within \(delays.quantile(1).text)")
        }
    }

    private static func withPatroni(
        isSynchronous: Bool, _ scale: DrillScale,
        _ body: (Cluster, PatroniCluster, Reconciliation) async throws -> Void
    ) async throws {
        try PatroniCluster.check()
        try await withCluster(running: []) { cluster in
            // Patroni's default is 30 seconds.
            let servers = try await PatroniCluster(
                in: cluster, isSynchronous: isSynchronous, timeToLiveSeconds: scale.choose(6, 30))
            try await start(cluster, on: servers.urls)
            try await body(cluster, servers, Reconciliation(of: cluster, databases: servers.urls))
        }
    }

    /// Waits until 20 more orders and 3 more logouts are acknowledged.
    ///
    /// The four clients have fewer requests in progress at the time of the call, so some of these begin after it. The
    /// sessions that end are the oldest ones, which began before the call.
    private static func waitForAcknowledgements(_ checkouts: Checkouts, _ sessions: SessionLedger) async throws {
        let (orders, logouts) = (checkouts.acknowledged.count + 20, sessions.ended.count + 3)
        let areReached = try await eventually(within: .seconds(60)) {
            checkouts.acknowledged.count >= orders && sessions.ended.count >= logouts
        }
        guard areReached else { throw DrillError("20 orders and 3 logouts are not acknowledged within a minute") }
    }

    /// Waits until another server is the primary and all services work, and reports the time since the call.
    ///
    /// The processes of the killed primary may respond for a moment, so the services alone do not show that it has ended.
    private static func waitForRecovery(
        of cluster: Cluster, _ servers: PatroniCluster, from killed: PatroniCluster.Node, _ report: Report
    ) async throws {
        let start = ContinuousClock.now
        report.progress("the primary is killed")
        let works = try await eventually(within: .seconds(90)) {
            guard let primary = try? await servers.primary(), primary.port != killed.port else { return false }
            for service in ServiceName.standard where try await cluster.get(service, "/readyz").status != 200 {
                return false
            }
            return true
        }
        report.require(works, "the services work again")
        report.figure("recovered after \((ContinuousClock.now - start).text)")
    }
}
