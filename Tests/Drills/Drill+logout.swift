import HTTPTypes
import TestSupport

extension Drill {
    /// How fast a logout reaches every service.
    static let logout = Drill(
        "logout",
        "A second after a logout was sent, no service lets the token in any more: 99 of 100 times, and never later than two."
    ) { form, report in
        try await withCluster { cluster in
            try await cluster.waitForFeed()
            var delays: [ServiceName: [Duration]] = [:]
            let runs = form.choose(15, 200)
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
                let (usual, always) = (form.patience(.seconds(1)), form.patience(.seconds(2)))
                report.require(
                    delays.quantile(0.99) <= usual, "\(service.rawValue) refuses within \(usual.text) (p99)")
                report.require(delays.quantile(1) <= always, "\(service.rawValue) refuses within \(always.text)")
            }
            report.require(tally.unexpected.isEmpty, "nobody else is refused: \(tally.unexpected)")
        }
    }
}

extension Cluster {
    /// Signs in and out, and returns how long after the logout was sent each service refused the token.
    func logoutDelays() async throws -> [(ServiceName, Duration)] {
        let token = try await token("alice")
        for service in Self.followers {
            let status = try await lookup(service, token: token)
            guard status != 401 else { throw DrillError("\(service.rawValue) refuses a new token") }
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

/// Why a drill cannot go on.
struct DrillError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
