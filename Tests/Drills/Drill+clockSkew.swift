import Foundation
import TestSupport

extension Drill {
    /// The clocks of services differ.
    static let clockSkew = Drill(
        "clock-skew",
        """
        A clock that is wrong by less than a minute harms nothing. By more, tokens of a login that lags are refused as \
        expired once that exceeds their life, unless JWT_LEEWAY allows for it.
        """
    ) { form, report in
        let library = try Clock.library()
        try await withCluster(running: []) { cluster in
            for (leeway, skews) in form.choose([(0, [-50, 50])], [(0, [-50, -5, 5, 50]), (120, [-110, 110])]) {
                let environment = ["JWT_LEEWAY": "\(leeway)"]
                for service in Cluster.followers { try await cluster.start(service, environment: environment) }
                for seconds in skews {
                    let clock = Clock(library: library, seconds: seconds)
                    try await cluster.start(.login, environment: clock.environment.merging(environment) { $1 })
                    try await cluster.waitForFeed()
                    try await everythingWorks(in: cluster, form, report, "login's clock \(clock), leeway \(leeway) s")
                    try await cluster.stop(.login)
                }
                for service in Cluster.followers { try await cluster.stop(service) }
            }
            try await callersClock(Clock(library: library, seconds: -50), of: cluster, form, report)
            try await laggingLogin(Clock(library: library, seconds: -650), of: cluster, report)
        }
    }

    private static func everythingWorks(
        in cluster: Cluster, _ form: Form, _ report: Report, _ situation: String
    ) async throws {
        let grant = try await cluster.signIn("alice").decoded(as: Grant.self)
        let order = try await cluster.order(token: grant.accessToken).status
        report.require(order == 201, "\(situation): a checkout answers 201, not \(order)")
        let messages = try await cluster.get(.inbox, "/messages", token: grant.accessToken).status
        report.require(messages == 200, "\(situation): inbox answers 200, not \(messages)")
        let renewal = try await cluster.renew(grant.refreshToken).status
        report.require(renewal == 200, "\(situation): a session is renewed")
        let slowest = try await cluster.logoutDelays().map(\.1).quantile(1)
        report.require(slowest < form.patience(.seconds(1)), "\(situation): a logout is known soon")
        report.figure("\(situation): all works, logout \(slowest.text)")
    }

    /// A service whose clock lags signs tokens that the services that it calls take for old.
    private static func callersClock(
        _ clock: Clock, of cluster: Cluster, _ form: Form, _ report: Report
    ) async throws {
        for service in [ServiceName.login, .catalog, .inbox] { try await cluster.start(service) }
        try await cluster.start(.orders, environment: clock.environment)
        try await cluster.waitForFeed()
        try await everythingWorks(in: cluster, form, report, "orders' clock \(clock), leeway 0 s")
        for service in ServiceName.allCases { try await cluster.stop(service) }
    }

    /// More than a token's life: everyone is refused, and told why; with leeway nobody is.
    private static func laggingLogin(_ clock: Clock, of cluster: Cluster, _ report: Report) async throws {
        try await cluster.start(.login, environment: clock.environment)
        try await cluster.start(.inbox)
        let response = try await cluster.get(.inbox, "/messages", token: cluster.token("alice"))
        report.require(response.status == 401, "a login that lags by more than its tokens live lets nobody in")
        report.require(response.text.contains("expired"), "the refusal says that the token has expired")
        report.figure("login's clock \(clock), leeway 0 s: \(response.status) and \"expired\"")
        try await cluster.stop(.inbox)
        try await cluster.start(.inbox, environment: ["JWT_LEEWAY": "300"])
        let allowed = try await cluster.get(.inbox, "/messages", token: cluster.token("alice")).status
        report.require(allowed == 200, "leeway makes up for it")
        report.figure("leeway 300 s: \(allowed)")
    }
}

/// A clock that is wrong, by a library that is loaded before the system's own.
private struct Clock: CustomStringConvertible {
    let library: String
    let seconds: Int

    var environment: [String: String] {
        [
            "LD_PRELOAD": library, "FAKETIME": "\(seconds > 0 ? "+" : "")\(seconds)s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    var description: String { "\(seconds > 0 ? "ahead" : "behind") by \(abs(seconds)) s" }

    /// Where Debian's package libfaketime puts it.
    static func library() throws -> String {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
        let places = folders.map { "/usr/lib/\($0)/faketime/libfaketimeMT.so.1" }
        guard let found = places.first(where: FileManager.default.fileExists) else {
            throw Skipped(reason: "this takes a library that shifts clocks: scripts/setup libfaketime")
        }
        return found
    }
}
