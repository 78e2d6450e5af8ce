import Metrics

/// Why the service closed a connection or rejected a request before its route: the label `reason` of the counter
/// `http_connections_closed_total`.
enum ClosingReason: String, CaseIterable {
    case headTime = "head_time"
    case bodyTime = "body_time"
    case writeTime = "write_time"
    case idleTime = "idle_time"
    case malformed
    case headSize = "head_size"
    case bodySize = "body_size"
    case requests
    case tooManyConnections = "connections"

    /// Creates the counters, because Prometheus counts no increase before the first value of a series.
    static func createCounters() {
        for reason in allCases { _ = reason.counter }
    }

    func count() { counter.increment() }

    private var counter: Counter {
        Counter(label: "http_connections_closed", dimensions: [("reason", rawValue)])
    }
}
