import HTTPTypes
import TestSupport

extension Drill {
    /// Catalog takes connections and does not answer.
    static let catalogSlow = Drill(
        "catalog-slow",
        """
        While catalog hangs, checkouts get 503 within six seconds and leave nothing reserved, and who only looks at orders \
        and messages waits for nothing.
        """
    ) { form, report in
        try await withCluster { cluster in
            let books = try await Books(of: cluster)
            try cluster.pause(.catalog)
            report.progress("catalog is frozen")
            try await catalogIsMissed(by: cluster, slowestCheckout: form.patience(.seconds(6)), form, report)
            try cluster.resume(.catalog)
            try await books.recover(report)
        }
    }

    /// Catalog is killed.
    static let catalogDown = Drill(
        "catalog-down",
        """
        While catalog is dead, checkouts get 503 with Retry-After within six seconds, who only looks at orders and messages \
        waits for nothing, and after its return stock and orders agree.
        """
    ) { form, report in
        try await withCluster { cluster in
            let books = try await Books(of: cluster)
            let checkouts = Checkouts(cluster, books: books)
            let tally = try await checkouts.underLoad(clients: 4) {
                try await Task.sleep(for: .milliseconds(500))
                try await cluster.kill(.catalog)
                report.progress("catalog is killed")
                try await catalogIsMissed(by: cluster, slowestCheckout: form.patience(.seconds(6)), form, report)
                try await cluster.start(.catalog)
                try await Task.sleep(for: .milliseconds(500))
            }
            report.figure("checkouts before, meanwhile and after: \(tally)")
            report.require(tally.failures.isEmpty, "every checkout gets an response: \(tally.failures.prefix(3))")
            try await books.recover(report)
        }
    }

    private static func catalogIsMissed(
        by cluster: Cluster, slowestCheckout: Duration, _ form: Form, _ report: Report
    ) async throws {
        let token = try await cluster.token("bob")
        let time = form.choose(Duration.seconds(3), .seconds(20))
        let checkouts = Task {
            let end = ContinuousClock.now + time
            return try await underLoad(clients: 8) { _ in
                let response = try await cluster.order(token: token)
                let isSaid = response.headers[.retryAfter] != nil
                return (isSaid ? "checkout with Retry-After" : "checkout", response.status)
            } while: {
                try await Task.sleep(until: end)
            }
        }
        let readers = try await cluster.underLoad(clients: 4, at: [.login, .inbox]) {
            let orders = try await cluster.underLoad(clients: 2, at: [.orders]) { try await Task.sleep(for: time) }
            report.require(orders.unexpected.isEmpty, "who looks at orders gets them: \(orders.unexpected.prefix(3))")
            let slowest = orders.durations.quantile(0.99)
            report.require(slowest < form.patience(.seconds(1)), "who looks at orders does not wait")
            report.figure("\(orders.count) looks at orders, \(orders.durations.spread)")
        }
        report.require(readers.unexpected.isEmpty, "login and inbox go on: \(readers.unexpected.prefix(3))")
        let tally = try await checkouts.value
        report.figure("\(tally), \(tally.durations.spread)")
        report.require(
            tally.answers == ["checkout with Retry-After": [503: tally.count]],
            "every checkout gets 503 with Retry-After")
        report.require(tally.durations.quantile(1) < slowestCheckout, "no checkout waits for \(slowestCheckout.text)")
    }
}
