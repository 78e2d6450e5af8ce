import HTTPTypes
import TestSupport

extension Drill {
    /// The services cannot hear login.
    static let feedCut = Drill(
        "feed-cut",
        """
        While services cannot hear login, they go on with what they know, say how old that is, and fail closed where that \
        was asked for; once they hear it, they know all within two seconds.
        """
    ) { form, report in
        try await withCluster(running: [.login, .catalog]) { cluster in
            try await withInterposer(before: cluster.url(.login)) { line, address in
                try await cluster.start(.orders, environment: ["LOGIN_URL": address])
                try await cluster.start(
                    .inbox, environment: ["LOGIN_URL": address, "REVOCATIONS_MAX_AGE": "2"])
                try await cluster.waitForFeed()
                let tally = try await cluster.underLoad(clients: 4, at: [.catalog, .orders]) {
                    try await cutAndRestore(line, of: cluster, form, report)
                }
                report.figure("\(tally.count) other requests, \(tally.unexpected.count) failed")
                report.require(tally.unexpected.isEmpty, "nobody else is refused: \(tally.unexpected.prefix(5))")
            }
        }
    }

    private static func cutAndRestore(
        _ line: InterruptibleProxy, of cluster: Cluster, _ form: Form, _ report: Report
    ) async throws {
        let (ended, living) = (try await cluster.token("alice"), try await cluster.token("bob"))
        line.cut()
        report.progress("the line to login is cut")
        let logout = try await cluster.send(.post, .login, "/logout", token: ended)
        report.require(logout.status == 204, "login ends the session")
        let isClosed = try await eventually(within: .seconds(10)) {
            let response = try await cluster.get(.inbox, "/messages", token: living)
            return response.status == 503 && response.headers[.retryAfter] != nil
        }
        report.require(isClosed, "inbox, with REVOCATIONS_MAX_AGE, answers 503 with Retry-After")
        let stale = try await cluster.lookup(.orders, token: ended)
        report.require(stale == 200, "orders, without it, goes on with what it knows")
        let (failures, isDegraded) = try await waitUntilOld(cluster, form)
        report.require(failures > 0, "the counter of failures grows")
        if form == .long { report.require(isDegraded, "/readyz of orders says degraded") }
        let age = try await cluster.metric("revocations_age_seconds", of: .orders) ?? 0
        report.figure("cut for \(Int(age)) s by the gauge")

        line.restore()
        let start = ContinuousClock.now
        let heard = try await cluster.waitForRejection(of: ended, at: .orders) - start
        report.figure("the logout is known \(heard.text) after the end of the cut")
        report.require(heard < form.patience(.seconds(2)), "orders knows soon after")
        let isOpen = try await eventually(within: form.patience(.seconds(5))) {
            try await cluster.lookup(.inbox, token: living) == 200
        }
        report.require(isOpen, "inbox is open again")
        let isYoung = try await eventually(within: form.patience(.seconds(5))) {
            guard let age = try await cluster.metric("revocations_age_seconds", of: .orders) else { return false }
            return age < 2
        }
        report.require(isYoung, "the gauge falls")
    }

    /// Waits until the gauge has grown, in the long form until the service calls itself degraded.
    private static func waitUntilOld(_ cluster: Cluster, _ form: Form) async throws -> (
        failures: Double, isDegraded: Bool
    ) {
        let isDegraded = try await eventually(within: .seconds(form.choose(10, 90))) {
            let age = try await cluster.metric("revocations_age_seconds", of: .orders) ?? 0
            guard age > form.choose(3, 60) else { return false }
            guard form == .long else { return true }
            return try await cluster.get(.orders, "/readyz").text.contains("degraded: login has not answered")
        }
        return (try await cluster.metric("revocations_failures_total", of: .orders) ?? 0, isDegraded)
    }
}
