import NIOCore

/// The share of requests to reject, by the time that requests wait.
///
/// The share grows with the delay, from none at `tolerableQueueTime` to all at `maximumQueueTime`, as random early detection does
/// for packets (S. Floyd and V. Jacobson, 1993). Rejections are spread evenly instead of randomly.
struct RejectionShare {
    private let none, all: Double
    /// The rejections that are due. The next request is rejected when they reach one.
    private var due = 0.0

    init(_ limits: ConnectionLimits) {
        none = Double(limits.tolerableQueueTime.nanoseconds)
        all = Double(limits.maximumQueueTime.nanoseconds)
    }

    /// Whether to reject the next request, when requests have waited for `delay`.
    mutating func rejectsNext(after delay: TimeAmount) -> Bool {
        due += value(Double(delay.nanoseconds))
        guard due >= 1 else { return false }
        due -= 1
        return true
    }

    /// The share, from 0 to 1.
    private func value(_ delay: Double) -> Double {
        guard delay > none else { return 0 }
        return delay < all ? (delay - none) / (all - none) : 1
    }
}
