import Foundation
import HTTPTypes
import TestSupport

extension Drill {
    /// Kills the PostgreSQL server.
    static let killPostgreSQL = Drill(
        "kill-postgresql",
        """
        While the PostgreSQL server is down, requests get 503 with Retry-After. At most 5 seconds after its return the \
        services work again by themselves, and nothing acknowledged is lost.
        """
    ) { scale, report in
        try await withServices { cluster, server in
            try await loseDatabase(
                rounds: scale.choose(1, 5), of: cluster, server, scale, report, cut: { await server.kill() },
                restore: { try await server.start() })
        }
    }

    /// Cuts the services off from the PostgreSQL server.
    static let databaseCut = Drill(
        "database-cut",
        """
        While nothing arrives from the PostgreSQL server, requests get 503 with Retry-After within 20 seconds. At most 15 \
        seconds after the end of the cut the services work again, and nothing acknowledged is lost.
        """
    ) { scale, report in
        try checkPrograms(ReplicatedServices.balancer)
        try await withCluster(running: []) { cluster in
            let server = try await DatabaseServer(in: cluster)
            let proxy = try await DatabaseProxy(to: [server.address], in: cluster)
            try await start(cluster, on: server.urls(port: proxy.port))
            try await loseDatabase(
                rounds: scale.choose(1, 3), of: cluster, server, scale, report, cut: { proxy.program.pause() },
                restore: { proxy.program.resume() }, limit: .seconds(15))
        }
    }

    /// Keeps all connections of catalog busy with a statement that does not end.
    static let poolEmpty = Drill(
        "pool-empty",
        """
        While all connections of catalog wait for a table that a slow statement has locked, its requests get 503 with \
        Retry-After within 12 seconds, and the other services are not delayed.
        """
    ) { scale, report in
        try await withServices { cluster, server in
            let token = try await cluster.token("alice")
            let time = scale.choose(6, 30)
            try cluster.startExternalProgram(
                [
                    "\(DatabaseServer.programs ?? "")/psql", "--no-psqlrc", "--command",
                    "BEGIN; LOCK TABLE products IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(\(time)); COMMIT",
                    server.url(.catalog),
                ], name: "slow")
            let isLocked = try await eventually {
                try await server.query(
                    "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation IS NOT NULL",
                    in: "catalog"
                ).first == "1"
            }
            report.require(isLocked, "the statement locks the table")
            var (others, withoutRetryAfter) = (Tally(), 0)
            let tally = try await underLoad(clients: 24) { _ in
                let response = try await cluster.get(.catalog, "/products/\(Demo.lamp)")
                return (
                    response.headers[.retryAfter] == nil && response.status == 503 ? "no Retry-After" : "product",
                    response.status
                )
            } while: {
                others = try await underLoad(clients: 3) { client in
                    let service = [ServiceName.login, .orders, .inbox][client]
                    return (service.rawValue, try await cluster.status(of: service, token: token))
                } while: {
                    try await Task.sleep(for: .seconds(time))
                }
            }
            withoutRetryAfter = tally.responses["no Retry-After"]?.values.reduce(0, +) ?? 0
            report.figure("catalog: \(tally), \(tally.durations.spread)")
            report.figure("others: \(others), \(others.durations.spread)")
            report.require(withoutRetryAfter == 0, "each 503 has Retry-After (\(withoutRetryAfter) have none)")
            report.require(tally.count(500..<503) + tally.count(504..<600) == 0, "no other error (\(tally))")
            report.require(tally.failures.isEmpty, "each request gets a response (\(tally.failures.prefix(3)))")
            report.require(tally.durations.quantile(1) < scale.limit(.seconds(12)), "within 12 seconds")
            report.require(others.unexpected.isEmpty, "the others respond (\(others.unexpected.prefix(3)))")
            report.require(others.durations.quantile(0.99) < scale.limit(.milliseconds(250)), "without delay")
            let isOpen = try await eventually {
                try await cluster.get(.catalog, "/products/\(Demo.lamp)").status == 200
            }
            report.require(isOpen, "catalog works again")
        }
    }

    /// Makes the database unreachable under load, restores it, and checks what was acknowledged.
    private static func loseDatabase(
        rounds: Int, of cluster: Cluster, _ server: DatabaseServer, _ scale: DrillScale, _ report: Report,
        cut: () async throws -> Void, restore: () async throws -> Void, limit: Duration = .seconds(5)
    ) async throws {
        let reconciliation = try await Reconciliation(of: cluster, databases: server.urls())
        let (checkouts, sessions) = (Checkouts(reconciliation), try await SessionLedger(of: cluster))
        let token = try await cluster.token("alice")
        var (recoveries, refusals) = ([Duration](), [Duration]())
        let tally = try await checkouts.underLoad(clients: 4) {
            _ = try await sessions.underLoad {
                for _ in 1...rounds {
                    try await Task.sleep(for: .seconds(1))
                    try await cut()
                    report.progress("the database is out of reach")
                    refusals += try await checkRefusals(of: cluster, token: token, report)
                    try await restore()
                    let start = ContinuousClock.now
                    let works = try await eventually {
                        for service in ServiceName.standard where try await !isWorking(service, of: cluster, token) {
                            return false
                        }
                        return true
                    }
                    report.require(works, "the services work again")
                    recoveries.append(.now - start)
                }
            }
        }
        report.figure("\(rounds) times: 503 \(refusals.spread); recovered \(recoveries.spread) after the return")
        report.require(recoveries.quantile(1) < scale.limit(limit), "they do so within \(limit.text)")
        try await checkNothingIsLost(tally, checkouts, sessions, reconciliation, report)
    }

    /// Requires that requests only succeeded or got 503, and that no acknowledged order, session or logout is lost.
    static func checkNothingIsLost(
        _ tally: Tally, _ checkouts: Checkouts, _ sessions: SessionLedger, _ reconciliation: Reconciliation,
        _ report: Report
    ) async throws {
        report.require(
            tally.count(500..<503) + tally.count(504..<600) == 0, "no error other than 503 is given (\(tally))")
        try await checkouts.repeatFailed()
        try await reconciliation.check(report)
        let placed = try await reconciliation.placedOrders()
        report.figure("\(checkouts.acknowledged.count) checkouts acknowledged")
        report.require(placed.isSuperset(of: checkouts.acknowledged.values), "no acknowledged order is lost")
        try await sessions.check(report)
    }

    /// A path of each service that reads its database.
    private static func isWorking(_ service: ServiceName, of cluster: Cluster, _ token: String) async throws -> Bool {
        try await response(of: service, in: cluster, token).status < 500
    }

    private static func response(
        of service: ServiceName, in cluster: Cluster, _ token: String
    ) async throws -> ReceivedResponse {
        switch service {
        case .catalog: try await cluster.get(.catalog, "/products")
        case .orders: try await cluster.get(.orders, "/orders?limit=1", token: token)
        case .inbox: try await cluster.get(.inbox, "/messages?limit=1", token: token)
        default: try await cluster.get(.login, "/me", token: token)
        }
    }

    /// Requires that each service responds with 503 and `Retry-After`, and returns how long each takes.
    private static func checkRefusals(
        of cluster: Cluster, token: String, _ report: Report
    ) async throws -> [Duration] {
        try await withThrowingTaskGroup { group in
            for service in ServiceName.standard {
                group.addTask {
                    let start = ContinuousClock.now
                    let response = try await Self.response(of: service, in: cluster, token)
                    report.require(
                        response.status == 503 && response.headers[.retryAfter] != nil,
                        "\(service.rawValue) responds with 503 and Retry-After (it responds with \(response.status))")
                    return ContinuousClock.now - start
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Starts one process of each service on a PostgreSQL server.
    private static func withServices(_ body: (Cluster, DatabaseServer) async throws -> Void) async throws {
        try checkPrograms()
        try await withCluster(running: []) { cluster in
            let server = try await DatabaseServer(in: cluster)
            try await start(cluster, on: server.urls())
            try await body(cluster, server)
        }
    }

    /// Starts one process of each service on these databases.
    static func start(_ cluster: Cluster, on databases: [ServiceName: String]) async throws {
        for service in ServiceName.standard {
            try await cluster.start(service, environment: ["DATABASE_URL": databases[service] ?? ""])
        }
        try await cluster.waitForFeed()
    }
}
