import Metrics

/// Why the service closed a connection or rejected a request before its route: the label `reason` of the counter
/// `http_connections_closed_total`.
enum ClosingReason: String {
    case headTime = "head_time"
    case bodyTime = "body_time"
    case writeTime = "write_time"
    case idleTime = "idle_time"
    case malformed
    case headSize = "head_size"
    case bodySize = "body_size"
    case requests
    case tooManyConnections = "connections"

    func count() {
        Counter(label: "http_connections_closed", dimensions: [("reason", rawValue)]).increment()
    }
}
