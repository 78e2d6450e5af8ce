import HTTPTypes
import TestSupport

extension Drill {
    /// Kills login and leaves it down for a while.
    static let loginDown = Drill(
        "login-down",
        "While login is down, no request with a valid token fails, and 99 of 100 take less than a second."
    ) { scale, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            let tally = try await cluster.underLoad(clients: 6, at: [.catalog, .orders, .inbox]) {
                try await Task.sleep(for: .milliseconds(500))
                try await cluster.kill(.login)
                report.progress("login is killed")
                try await Task.sleep(for: scale.choose(.seconds(4), .seconds(70)))
                let isDown = await cluster.refusesConnections(.login)
                report.require(isDown, "login is down")
                for service in Cluster.followers {
                    let status = try await cluster.get(service, "/readyz").status
                    report.require(status == 200, "\(service.rawValue) is ready without login")
                }
            }
            report.figure("\(tally.count) requests without login (\(tally))")
            report.figure("\(tally.unexpected.count) failed")
            report.figure(tally.durations.spread)
            report.require(tally.unexpected.isEmpty, "no request fails (\(tally.unexpected.prefix(5)))")
            report.require(tally.durations.quantile(0.99) < scale.limit(.seconds(1)), "no request is delayed")
            try await cluster.start(.login)
            let delays = try await cluster.logoutDelays().map(\.1)
            report.figure("a logout after its return reaches all services within \(delays.quantile(1).text)")
        }
    }

    /// Kills or stops login repeatedly.
    static let loginRestart = Drill(
        "login-restart",
        "The other services do not notice restarts of login, sessions continue, and logouts reach the services."
    ) { scale, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            var tokens = try await cluster.signIn("bob").decoded(as: TokenResponse.self)
            var slowest = Duration.zero
            let restarts = scale.choose(2, 20)
            let tally = try await cluster.underLoad(clients: 4, at: [.catalog, .orders, .inbox]) {
                for restart in 1...restarts {
                    let ended = try await cluster.token("alice")
                    let response = try await cluster.send(.post, .login, "/logout", token: ended)
                    report.require(response.status == 204, "login ends a session")
                    if restart % 2 == 1 { try await cluster.kill(.login) } else { try await cluster.stop(.login) }
                    try await cluster.start(.login)
                    let start = ContinuousClock.now
                    for service in Cluster.followers {
                        slowest = try await max(slowest, cluster.waitForRejection(of: ended, at: service) - start)
                    }
                    let renewal = try await cluster.renew(tokens.refreshToken)
                    report.require(
                        renewal.status == 200, "a session survives a restart (renewal gets \(renewal.status))")
                    if renewal.status == 200 { tokens = try renewal.decoded() }
                    if restart % 5 == 0 { report.progress("\(restart) restarts") }
                }
            }
            report.figure("\(restarts) restarts, every other by kill -9")
            report.figure("\(tally.count) requests to the other services")
            report.figure("\(tally.unexpected.count) failed")
            report.figure(
                "a logout just before a restart reaches all services at most \(slowest.text) after the restart")
            report.require(tally.unexpected.isEmpty, "no other request fails (\(tally.unexpected.prefix(5)))")
            report.require(slowest < scale.limit(.seconds(3)), "logouts reach all services in time")
        }
    }
}
