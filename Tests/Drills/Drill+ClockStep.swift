import Foundation
import HTTPTypes
import TestSupport

extension Drill {
    /// Moves the clock of all services ahead and back while sessions end.
    static let clockStep = Drill(
        "clock-step",
        """
        If the clock of all services jumps an hour ahead and back, no service forgets that a token was revoked, even one \
        that restarts meanwhile. Afterwards all services work, also if the clock then goes back further.
        """
    ) { scale, report in
        try await withCluster(running: []) { cluster in
            let clock = try SteppedClock(in: cluster.directory)
            for service in ServiceName.standard { try await cluster.start(service, environment: clock.environment) }
            try await cluster.waitForFeed()
            let living = try await cluster.token("bob")
            let ended = try await endSessions(scale.choose(3, 20), in: cluster)
            let endedLater = try await cluster.signIn("alice").decoded(as: TokenResponse.self)
            for service in Cluster.followers {
                for token in ended { try await cluster.waitForRejection(of: token, at: service) }
            }

            try clock.set(seconds: 3600)
            report.progress("the clock is an hour ahead")
            // Services sweep their lists every ten seconds, and login removes old entries when a session ends.
            let revocation = try await cluster.send(
                .post, .login, "/revoke", json: #"{"token": "\#(endedLater.refreshToken)"}"#)
            report.require(revocation.status == 200, "login ends a session meanwhile")
            try await cluster.stop(.inbox)
            try await cluster.start(.inbox, environment: clock.environment)
            try await Task.sleep(for: .seconds(scale.choose(14, 30)))

            try clock.set(seconds: 0)
            report.progress("the clock is right again")
            try await require(
                that: ended + [endedLater.accessToken], stayRejectedIn: cluster, for: scale, report)
            for service in Cluster.followers {
                let isAccepted = try await eventually(within: .seconds(5)) {
                    try await cluster.status(of: service, token: living) != 401
                }
                report.require(isAccepted, "\(service.rawValue) accepts the other tokens again")
            }
            try await checkWork(in: cluster, report, "the clock is right")

            try clock.set(seconds: -600)
            report.progress("the clock is ten minutes behind")
            try await require(
                that: ended + [endedLater.accessToken], stayRejectedIn: cluster, for: scale, report)
            try await checkWork(in: cluster, report, "the clock is behind")
            for service in Cluster.followers {
                let age = try await cluster.metric("revocations_age_seconds", of: service) ?? -1
                report.require((0...30).contains(age), "the age of the list of \(service.rawValue) is right (\(age))")
            }
            report.figure("\(ended.count + 1) ended sessions stay rejected")
        }
    }

    /// Signs in and out, and returns the access tokens of the ended sessions.
    private static func endSessions(_ count: Int, in cluster: Cluster) async throws -> [String] {
        var tokens: [String] = []
        for _ in 1...count {
            let token = try await cluster.token("alice")
            guard try await cluster.send(.post, .login, "/logout", token: token).status == 204 else {
                throw DrillError("login does not end the session")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// Requires that no service accepts one of the tokens for some seconds.
    private static func require(
        that tokens: [String], stayRejectedIn cluster: Cluster, for scale: DrillScale, _ report: Report
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(scale.choose(3, 12))
        var accepted: Set<String> = []
        repeat {
            for service in ServiceName.standard {
                for token in tokens where [200, 403].contains(try await cluster.status(of: service, token: token)) {
                    accepted.insert(service.rawValue)
                }
            }
        } while ContinuousClock.now < deadline
        report.require(accepted.isEmpty, "ended sessions stay rejected (accepted by \(accepted.sorted()))")
    }

    /// Requires that a checkout and its message work.
    private static func checkWork(in cluster: Cluster, _ report: Report, _ situation: String) async throws {
        let token = try await cluster.token("bob")
        let known = try await cluster.messages(token: token).count
        let order = try await cluster.order(token: token).status
        report.require(order == 201, "\(situation): a checkout gets 201 (it gets \(order))")
        let isDelivered = try await eventually(within: .seconds(10)) {
            try await cluster.messages(token: token).count > known
        }
        report.require(isDelivered, "\(situation): the message about the order arrives")
    }
}
