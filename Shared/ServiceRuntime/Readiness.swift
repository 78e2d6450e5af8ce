import Hummingbird

/// What a service needs in order to serve, asked by `/readyz`.
public struct Readiness: Sendable {
    /// How one of the things that the service needs is doing.
    public enum State: Sendable, Equatable {
        /// It works.
        case ready
        /// The service goes on without it, with the stated restriction.
        case degraded(String)
        /// The service cannot serve, for the stated reason.
        case unavailable(String)
    }

    /// A thing that the service needs, and how to ask about it.
    public struct Check: Sendable {
        let name: String
        let state: @Sendable () async -> State

        /// Names a thing that the service needs. `state` has to answer within about a second.
        public init(_ name: String, state: @escaping @Sendable () async -> State) {
            self.name = name
            self.state = state
        }
    }

    let checks: [Check]

    /// Asks all checks; the worst answer decides.
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

    /// The body of `/readyz`.
    struct Report: ResponseEncodable {
        var status: String
        var checks: [String: String]
    }
}

extension RouterMethods {
    /// `/healthz` (alive), `/readyz` (can serve; says what is missing), `/metrics` (Prometheus text).
    func addOperations(readiness: Readiness, metrics: PrometheusRegistry) {
        get("healthz") { _, _ in ["status": "alive"] }
        get("readyz") { request, context in
            let report = await readiness.report()
            var response = try report.response(from: request, context: context)
            response.status = report.status == "unavailable" ? .serviceUnavailable : .ok
            return response
        }
        get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: metrics.text)))
        }
    }
}
