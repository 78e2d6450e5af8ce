import HTTPTypes
import TestSupport

extension Drill {
    /// Pauses catalog, which then accepts connections but does not respond.
    static let catalogSlow = Drill(
        "catalog-slow",
        """
        While catalog does not respond, checkouts get 503 within six seconds and leave nothing reserved. Requests that \
        only read orders and messages are not delayed.
        """
    ) { scale, report in
        try await withCluster { cluster in
            let reconciliation = try await Reconciliation(of: cluster)
            try cluster.pause(.catalog)
            report.progress("catalog is paused")
            try await measureWithoutCatalog(cluster, scale, report)
            try cluster.resume(.catalog)
            try await reconciliation.check(report)
        }
    }

    /// Kills catalog and starts it again.
    static let catalogDown = Drill(
        "catalog-down",
        """
        While catalog is down, checkouts get 503 with Retry-After within six seconds, and requests that only read orders \
        and messages are not delayed. After its return, stock and orders agree.
        """
    ) { scale, report in
        try await withCluster { cluster in
            let reconciliation = try await Reconciliation(of: cluster)
            let tally = try await Checkouts(reconciliation).underLoad(clients: 4) {
                try await Task.sleep(for: .milliseconds(500))
                try await cluster.kill(.catalog)
                report.progress("catalog is killed")
                try await measureWithoutCatalog(cluster, scale, report)
                try await cluster.start(.catalog)
                try await Task.sleep(for: .milliseconds(500))
            }
            report.figure("checkouts before, meanwhile and after: \(tally)")
            report.require(tally.failures.isEmpty, "every checkout gets a response (\(tally.failures.prefix(3)))")
            try await reconciliation.check(report)
        }
    }

    private static func measureWithoutCatalog(_ cluster: Cluster, _ scale: DrillScale, _ report: Report) async throws {
        let token = try await cluster.token("bob")
        let time = scale.choose(Duration.seconds(3), .seconds(20))
        let checkouts = Task {
            let end = ContinuousClock.now + time
            return try await underLoad(clients: 8) { _ in
                let response = try await cluster.order(token: token)
                let hasRetryAfter = response.headers[.retryAfter] != nil
                return (hasRetryAfter ? "checkout with Retry-After" : "checkout", response.status)
            } while: {
                try await Task.sleep(until: end)
            }
        }
        let readers = try await cluster.underLoad(clients: 4, at: [.login, .inbox]) {
            let orders = try await cluster.underLoad(clients: 2, at: [.orders]) { try await Task.sleep(for: time) }
            report.require(orders.unexpected.isEmpty, "orders can be read (\(orders.unexpected.prefix(3)))")
            let slowest = orders.durations.quantile(0.99)
            report.require(slowest < scale.limit(.seconds(1)), "reading orders is not delayed")
            report.figure("\(orders.count) times orders were read, \(orders.durations.spread)")
        }
        report.require(readers.unexpected.isEmpty, "login and inbox work (\(readers.unexpected.prefix(3)))")
        let tally = try await checkouts.value
        report.figure("\(tally), \(tally.durations.spread)")
        report.require(
            tally.responses == ["checkout with Retry-After": [503: tally.count]],
            "every checkout gets 503 with Retry-After")
        let limit = scale.limit(.seconds(6))
        report.require(tally.durations.quantile(1) < limit, "no checkout takes \(limit.text) or longer")
    }
}
