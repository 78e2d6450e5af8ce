import HTTPTypes
import TestSupport

extension Drill {
    /// Login is killed and stays away.
    static let loginDown = Drill(
        "login-down", "While login is dead, no request with a valid token fails, and 99 of 100 take less than a second."
    ) { form, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            let tally = try await cluster.underLoad(clients: 6, at: [.catalog, .orders, .inbox]) {
                try await Task.sleep(for: .milliseconds(500))
                try await cluster.kill(.login)
                report.progress("login is killed")
                try await Task.sleep(for: form.choose(.seconds(4), .seconds(70)))
                let isAway = await cluster.refusesConnections(.login)
                report.require(isAway, "login is away")
                for service in Cluster.followers {
                    let status = try await cluster.get(service, "/readyz").status
                    report.require(status == 200, "\(service.rawValue) is ready without login")
                }
            }
            report.figure("\(tally.count) requests without login (\(tally))")
            report.figure("\(tally.unexpected.count) failed")
            report.figure(tally.durations.spread)
            report.require(tally.unexpected.isEmpty, "nothing fails: \(tally.unexpected.prefix(5))")
            report.require(tally.durations.quantile(0.99) < form.patience(.seconds(1)), "nothing waits for login")
            try await cluster.start(.login)
            let delays = try await cluster.logoutDelays().map(\.1)
            report.figure("after its return a logout is heard within \(delays.quantile(1).text)")
        }
    }

    /// Login is killed or stopped again and again.
    static let loginRestart = Drill(
        "login-restart",
        "Through restarts of login the other services notice nothing, every session goes on, and logouts are heard again."
    ) { form, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            var grant = try await cluster.signIn("bob").decoded(as: Grant.self)
            var slowest = Duration.zero
            let restarts = form.choose(2, 20)
            let tally = try await cluster.underLoad(clients: 4, at: [.catalog, .orders, .inbox]) {
                for restart in 1...restarts {
                    let ended = try await cluster.token("alice")
                    let isKilled = restart % 2 == 1
                    let response = try await cluster.send(.post, .login, "/logout", token: ended)
                    report.require(response.status == 204, "login ends a session")
                    if isKilled { try await cluster.kill(.login) } else { try await cluster.stop(.login) }
                    try await cluster.start(.login)
                    let start = ContinuousClock.now
                    for service in Cluster.followers {
                        slowest = try await max(slowest, cluster.waitForRejection(of: ended, at: service) - start)
                    }
                    let renewal = try await cluster.renew(grant.refreshToken)
                    report.require(renewal.status == 200, "a session outlives a restart, not \(renewal.status)")
                    if renewal.status == 200 { grant = try renewal.decoded() }
                    if restart % 5 == 0 { report.progress("\(restart) restarts") }
                }
            }
            report.figure("\(restarts) restarts, every other by kill -9")
            report.figure("\(tally.count) requests elsewhere")
            report.figure("\(tally.unexpected.count) failed")
            report.figure(
                "a logout just before the end is heard everywhere at latest \(slowest.text) after the restart")
            report.require(tally.unexpected.isEmpty, "nobody notices: \(tally.unexpected.prefix(5))")
            report.require(slowest < form.patience(.seconds(3)), "logouts are heard again soon")
        }
    }
}
