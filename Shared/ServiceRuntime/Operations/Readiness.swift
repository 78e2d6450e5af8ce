import Hummingbird
import Metrics

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

        /// The value of the gauge: 0 if the dependency works, 1 if it is degraded, 2 if it is unavailable.
        fileprivate var severity: Int {
            switch self {
            case .ready: 0
            case .degraded: 1
            case .unavailable: 2
            }
        }
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

    /// Runs all checks and records their states in the gauge `readiness_state`. The worst state is the status of the service.
    func report() async -> Report {
        var report = Report(status: "ready", checks: [:])
        for check in checks {
            let state = await check.state()
            Gauge(label: "readiness_state", dimensions: [("check", check.name)]).record(state.severity)
            switch state {
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
