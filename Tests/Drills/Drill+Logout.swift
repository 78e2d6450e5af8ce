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
            try await measureLogouts(of: cluster, scale, report) { _ in try await cluster.logoutDelays() }
        }
    }

    /// Measures the time until a logout at one process of login has reached every process of every service.
    static let logoutReplicas = Drill(
        "logout-replicas",
        """
        With two processes of each service on PostgreSQL, one second after a logout was sent to any process of login, no \
        process of any service accepts the token any more, in 99 of 100 cases; after two seconds in all cases.
        """
    ) { scale, report in
        try await withReplicas { cluster, services, _ in
            let logins = services.replicas[.login] ?? []
            let followers = Cluster.followers.flatMap { services.replicas[$0] ?? [] }
            try await measureLogouts(of: cluster, scale, report) { run in
                try await cluster.logoutDelays(
                    at: followers.map { ($0.service, $0.port) }, through: logins[run % logins.count].port)
            }
        }
    }

    /// Measures logouts under load, and requires that each service rejects the tokens in time.
    ///
    /// - Parameter delays: Signs in and out once. Its parameter is the number of the logout.
    private static func measureLogouts(
        of cluster: Cluster, _ scale: DrillScale, _ report: Report,
        _ delays: (_ run: Int) async throws -> [(ServiceName, Duration)]
    ) async throws {
        var all: [ServiceName: [Duration]] = [:]
        let runs = scale.choose(15, 200)
        let tally = try await cluster.underLoad(clients: 2) {
            for run in 1...runs {
                for (service, delay) in try await delays(run) { all[service, default: []].append(delay) }
                if run % 50 == 0 { report.progress("\(run) logouts") }
            }
        }
        report.figure("\(runs) logouts")
        for service in Cluster.followers {
            let delays = all[service] ?? []
            report.figure("\(service.rawValue) \(delays.spread)")
            let (usual, always) = (scale.limit(.seconds(1)), scale.limit(.seconds(2)))
            report.require(delays.quantile(0.99) <= usual, "\(service.rawValue) rejects within \(usual.text) (p99)")
            report.require(delays.quantile(1) <= always, "\(service.rawValue) rejects within \(always.text)")
        }
        report.require(tally.unexpected.isEmpty, "no other token is rejected (\(tally.unexpected))")
    }
}

extension Cluster {
    /// Signs in and out, and returns for each process the time between sending the logout and its first rejection.
    ///
    /// - Parameters:
    ///   - processes: The processes, with their ports; nil for one process of each service.
    ///   - login: The port of the process of login that gets the logout; nil for the port of login.
    func logoutDelays(
        at processes: [(service: ServiceName, port: Int)]? = nil, through login: Int? = nil
    ) async throws -> [(ServiceName, Duration)] {
        let processes = processes ?? Self.followers.map { ($0, port($0)) }
        let token = try await token("alice")
        for (service, port) in processes {
            let status = try await status(of: service, token: token, at: port)
            guard status != 401 else { throw DrillError("\(service.rawValue) rejects a new token") }
        }
        let start = ContinuousClock.now
        async let logout = send(.post, .login, "/logout", token: token, at: login)
        let delays = try await withThrowingTaskGroup { group in
            for (service, port) in processes {
                group.addTask { (service, try await self.waitForRejection(of: token, at: service, port: port) - start) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        guard try await logout.status == 204 else { throw DrillError("login does not end the session") }
        return delays
    }
}
