import HTTPTypes
import TestSupport

extension Drill {
    /// Measures the time until a logout has reached every service.
    static let logout = Drill(
        "logout",
        """
        One second after a logout was sent, no service accepts the token any more, in 99 of 100 cases; after two seconds \
        in all cases.
        """
    ) { scale, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            var delays: [ServiceName: [Duration]] = [:]
            let runs = scale.choose(15, 200)
            let tally = try await cluster.underLoad(clients: 2) {
                for run in 1...runs {
                    for (service, delay) in try await cluster.logoutDelays() {
                        delays[service, default: []].append(delay)
                    }
                    if run % 50 == 0 { report.progress("\(run) logouts") }
                }
            }
            report.figure("\(runs) logouts")
            for service in Cluster.followers {
                let delays = delays[service] ?? []
                report.figure("\(service.rawValue) \(delays.spread)")
                let (usual, always) = (scale.limit(.seconds(1)), scale.limit(.seconds(2)))
                report.require(
                    delays.quantile(0.99) <= usual, "\(service.rawValue) rejects within \(usual.text) (p99)")
                report.require(delays.quantile(1) <= always, "\(service.rawValue) rejects within \(always.text)")
            }
            report.require(tally.unexpected.isEmpty, "no other token is rejected (\(tally.unexpected))")
        }
    }
}

extension Cluster {
    /// Signs in and out, and returns for each service the time between sending the logout and the first rejection.
    func logoutDelays() async throws -> [(ServiceName, Duration)] {
        let token = try await token("alice")
        for service in Self.followers {
            let status = try await status(of: service, token: token)
            guard status != 401 else { throw DrillError("\(service.rawValue) rejects a new token") }
        }
        let start = ContinuousClock.now
        async let logout = send(.post, .login, "/logout", token: token)
        let delays = try await withThrowingTaskGroup { group in
            for service in Self.followers {
                group.addTask { (service, try await self.waitForRejection(of: token, at: service) - start) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        guard try await logout.status == 204 else { throw DrillError("login does not end the session") }
        return delays
    }
}
