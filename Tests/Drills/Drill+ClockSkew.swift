import Foundation
import TestSupport

extension Drill {
    /// Shifts the clock of login or orders.
    static let clockSkew = Drill(
        "clock-skew",
        """
        A clock that is wrong by less than a minute has no effect. If the clock of login is behind by more than the \
        lifetime of its tokens, they are rejected as expired unless JWT_LEEWAY allows for it.
        """
    ) { scale, report in
        try await withCluster(running: []) { cluster in
            let clock = try SteppedClock(in: cluster.directory)
            for (leeway, skews) in scale.choose(
                [(0, [Int64(-50), 50])], [(0, [-50, -5, 5, 50]), (120, [-110, 110])])
            {
                let environment = ["JWT_LEEWAY": "\(leeway)"]
                for service in Cluster.followers { try await cluster.start(service, environment: environment) }
                for seconds in skews {
                    try clock.set(seconds: seconds)
                    try await cluster.start(.login, environment: clock.environment.merging(environment) { $1 })
                    try await cluster.waitForFeed()
                    try await checkEverything(
                        in: cluster, scale, report, "login's clock \(shift(seconds)), leeway \(leeway) s")
                    try await cluster.stop(.login)
                }
                for service in Cluster.followers { try await cluster.stop(service) }
            }
            try await shiftCaller(clock, of: cluster, scale, report)
            try await shiftLogin(clock, of: cluster, report)
        }
    }

    private static func checkEverything(
        in cluster: Cluster, _ scale: DrillScale, _ report: Report, _ situation: String
    ) async throws {
        let tokens = try await cluster.signIn("alice").decoded(as: TokenResponse.self)
        let order = try await cluster.order(token: tokens.accessToken).status
        report.require(order == 201, "\(situation): a checkout gets 201 (it gets \(order))")
        let messages = try await cluster.get(.inbox, "/messages", token: tokens.accessToken).status
        report.require(messages == 200, "\(situation): inbox responds with 200 (it responds with \(messages))")
        let renewal = try await cluster.renew(tokens.refreshToken).status
        report.require(renewal == 200, "\(situation): a session is renewed (it gets \(renewal))")
        let slowest = try await cluster.logoutDelays().map(\.1).quantile(1)
        report.require(slowest < scale.limit(.seconds(1)), "\(situation): a logout reaches all services in time")
        report.figure("\(situation): all works, logout \(slowest.text)")
    }

    /// Sets the clock of orders behind. The tokens that it signs then look old to the services that it calls.
    private static func shiftCaller(
        _ clock: SteppedClock, of cluster: Cluster, _ scale: DrillScale, _ report: Report
    ) async throws {
        try clock.set(seconds: -50)
        for service in [ServiceName.login, .catalog, .inbox] { try await cluster.start(service) }
        try await cluster.start(.orders, environment: clock.environment)
        try await cluster.waitForFeed()
        try await checkEverything(in: cluster, scale, report, "orders' clock \(shift(-50)), leeway 0 s")
        for service in ServiceName.standard { try await cluster.stop(service) }
    }

    /// Sets the clock of login behind by more than the lifetime of a token. Services then reject all its tokens as
    /// expired, unless they allow leeway.
    private static func shiftLogin(_ clock: SteppedClock, of cluster: Cluster, _ report: Report) async throws {
        try clock.set(seconds: -650)
        try await cluster.start(.login, environment: clock.environment)
        try await cluster.start(.inbox)
        let response = try await cluster.get(.inbox, "/messages", token: cluster.token("alice"))
        report.require(response.status == 401, "tokens of a login that is far behind are rejected")
        report.require(response.text.contains("expired"), "the response says that the token has expired")
        report.figure("login's clock \(shift(-650)), leeway 0 s: \(response.status) and \"expired\"")
        try await cluster.stop(.inbox)
        try await cluster.start(.inbox, environment: ["JWT_LEEWAY": "300"])
        let status = try await cluster.get(.inbox, "/messages", token: cluster.token("alice")).status
        report.require(status == 200, "leeway compensates for the clock (inbox responds with \(status))")
        report.figure("leeway 300 s: \(status)")
    }

    private static func shift(_ seconds: Int64) -> String { "\(seconds > 0 ? "ahead" : "behind") by \(abs(seconds)) s" }
}
