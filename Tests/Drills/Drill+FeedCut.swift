import HTTPTypes
import TestSupport

extension Drill {
    /// Interrupts the connections of services to login.
    static let feedCut = Drill(
        "feed-cut",
        """
        Services that cannot reach login continue with the revocations that they know and report the age of these, or fail \
        closed if REVOCATIONS_MAX_AGE says so. Within two seconds after the end of the cut they know all revocations.
        """
    ) { scale, report in
        try await withCluster(running: [.login, .catalog]) { cluster in
            try await withInterruptibleProxy(to: cluster.url(.login)) { proxy, address in
                try await cluster.start(.orders, environment: ["LOGIN_URL": address])
                try await cluster.start(
                    .inbox, environment: ["LOGIN_URL": address, "REVOCATIONS_MAX_AGE": "2"])
                try await cluster.waitForFeed()
                let tally = try await cluster.underLoad(clients: 4, at: [.catalog, .orders]) {
                    try await interruptAndResume(proxy, of: cluster, scale, report)
                }
                report.figure("\(tally.count) other requests, \(tally.unexpected.count) failed")
                report.require(tally.unexpected.isEmpty, "no other request fails (\(tally.unexpected.prefix(5)))")
            }
        }
    }

    private static func interruptAndResume(
        _ proxy: InterruptibleProxy, of cluster: Cluster, _ scale: DrillScale, _ report: Report
    ) async throws {
        let (ended, living) = (try await cluster.token("alice"), try await cluster.token("bob"))
        proxy.interrupt()
        report.progress("the connection to login is interrupted")
        let logout = try await cluster.send(.post, .login, "/logout", token: ended)
        report.require(logout.status == 204, "login ends the session")
        let isClosed = try await eventually(within: .seconds(10)) {
            let response = try await cluster.get(.inbox, "/messages", token: living)
            return response.status == 503 && response.headers[.retryAfter] != nil
        }
        report.require(isClosed, "inbox, with REVOCATIONS_MAX_AGE, responds with 503 and Retry-After")
        let stale = try await cluster.status(of: .orders, token: ended)
        report.require(stale == 200, "orders, without it, continues with the revocations that it knows")
        let (failures, isDegraded) = try await waitUntilOld(cluster, scale)
        report.require(failures > 0, "the counter of failures rises")
        if scale == .long { report.require(isDegraded, "/readyz of orders says degraded") }
        let age = try await cluster.metric("revocations_age_seconds", of: .orders) ?? 0
        report.figure("interrupted for \(Int(age)) s according to the gauge")

        proxy.resume()
        let start = ContinuousClock.now
        let delay = try await cluster.waitForRejection(of: ended, at: .orders) - start
        report.figure("the logout is known \(delay.text) after the end of the interruption")
        report.require(delay < scale.limit(.seconds(2)), "orders knows the logout in time")
        let isOpen = try await eventually(within: scale.limit(.seconds(5))) {
            try await cluster.status(of: .inbox, token: living) == 200
        }
        report.require(isOpen, "inbox accepts tokens again")
        let isLow = try await eventually(within: scale.limit(.seconds(5))) {
            guard let age = try await cluster.metric("revocations_age_seconds", of: .orders) else { return false }
            return age < 2
        }
        report.require(isLow, "the gauge falls")
    }

    /// Waits until the gauge has risen. In a long drill, also waits until orders reports that it is degraded.
    private static func waitUntilOld(_ cluster: Cluster, _ scale: DrillScale) async throws -> (
        failures: Double, isDegraded: Bool
    ) {
        let isDegraded = try await eventually(within: .seconds(scale.choose(10, 90))) {
            let age = try await cluster.metric("revocations_age_seconds", of: .orders) ?? 0
            guard age > scale.choose(3, 60) else { return false }
            guard scale == .long else { return true }
            return try await cluster.get(.orders, "/readyz").text.contains("degraded: login")
        }
        return (try await cluster.metric("revocations_failures_total", of: .orders) ?? 0, isDegraded)
    }
}
