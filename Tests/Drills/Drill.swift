// The command `drill`: each drill causes one kind of failure in a cluster of all services and checks what must stay
// true. It is separate from the system tests because it also runs for minutes, to measure.

import TestSupport

/// A test that causes one kind of failure in a new cluster and checks a claim.
struct Drill: Sendable {
    let name: String
    /// The claim that the drill checks, in one or two sentences.
    let claim: String
    /// Causes the failure and reports the results.
    let run: @Sendable (DrillScale, Report) async throws -> Void

    init(_ name: String, _ claim: String, run: @escaping @Sendable (DrillScale, Report) async throws -> Void) {
        self.name = name
        self.claim = claim
        self.run = run
    }

    /// All drills, in the order in which they run.
    static let all: [Drill] = [
        .logout, .logoutReplicas, .rotate, .loginDown, .loginRestart, .feedCut, .clockSkew, .clockStep, .catalogSlow,
        .catalogDown,
        .killOrders, .diskFull, .diskSlow, .sigterm, .slowClients, .signInFlood, .killReplica, .rollingRestart,
        .migration,
        .killPostgreSQL, .databaseCut, .poolEmpty, .failover, .failoverAsynchronous,
    ]

    /// Runs the drill and prints its results. The last line begins with `PASS`, `FAIL` or `SKIP`.
    func perform(_ scale: DrillScale) async -> Report {
        let report = Report()
        report.write("drill \(name): \(claim)")
        do {
            try await run(scale, report)
        } catch let skipped as SkippedDrill {
            report.write("SKIP \(name): \(skipped.reason)")
            return report
        } catch {
            report.require(false, "the drill runs to its end (\(error))")
        }
        report.write(report.verdict(of: name))
        return report
    }
}

extension Drill {
    /// Skips the drill if the services run on PostgreSQL.
    static func checkSQLite(because reason: String) throws {
        guard TestEngine.selected == .sqlite else { throw SkippedDrill(reason: reason) }
    }
}

/// A drill cannot run on this machine or on the selected database.
struct SkippedDrill: Error {
    /// The reason, such as the missing program or permission.
    let reason: String
}

/// A drill cannot continue.
struct DrillError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
