import Hummingbird

/// The checks that `GET /readyz` runs.
public struct Readiness: Sendable {
    /// The state of a dependency of the service.
    public enum State: Sendable, Equatable {
        /// The dependency works.
        case ready
        /// The dependency does not work fully. The service continues with the stated restriction.
        case degraded(String)
        /// The service cannot serve, for the stated reason.
        case unavailable(String)
    }

    /// A check of a dependency of the service.
    public struct Check: Sendable {
        let name: String
        let state: @Sendable () async -> State

        /// Creates a check.
        ///
        /// - Parameters:
        ///   - name: The name in the body of `/readyz`.
        ///   - state: Returns the state, within about a second.
        public init(_ name: String, state: @escaping @Sendable () async -> State) {
            self.name = name
            self.state = state
        }
    }

    let checks: [Check]

    /// Runs all checks. The worst state is the status of the service.
    func report() async -> Report {
        var report = Report(status: "ready", checks: [:])
        for check in checks {
            switch await check.state() {
            case .ready:
                report.checks[check.name] = "ready"
            case .degraded(let reason):
                report.checks[check.name] = "degraded: \(reason)"
                if report.status == "ready" { report.status = "degraded" }
            case .unavailable(let reason):
                report.checks[check.name] = "unavailable: \(reason)"
                report.status = "unavailable"
            }
        }
        return report
    }

    /// The response body of `/readyz`.
    struct Report: ResponseEncodable {
        var status: String
        var checks: [String: String]
    }
}
