import NIOCore

/// The share of requests to reject, by the time that requests wait for their event loop.
///
/// The share grows with the average delay, from none at `tolerableQueueTime` to all at `maximumQueueTime`, as random early
/// detection does for packets (S. Floyd and V. Jacobson, 1993). Rejections are spread evenly instead of randomly.
struct RejectionShare {
    /// The weight of one measured delay in the average: the delays of the last tenth of a second outweigh all earlier ones.
    private static let weight = 0.125

    private let none, all: Double
    private var averageNanoseconds = 0.0
    /// The rejections that are due. The next request is rejected when they reach one.
    private var due = 0.0

    init(_ limits: ConnectionLimits) {
        none = Double(limits.tolerableQueueTime.nanoseconds)
        all = Double(limits.maximumQueueTime.nanoseconds)
    }

    /// The share, from 0 to 1.
    var value: Double {
        guard averageNanoseconds > none else { return 0 }
        return averageNanoseconds < all ? (averageNanoseconds - none) / (all - none) : 1
    }

    /// Adds a measured delay to the average. One long pause of the machine counts no more than `maximumQueueTime`.
    mutating func add(_ delay: TimeAmount) {
        let nanoseconds = min(Double(delay.nanoseconds), max(all, 1))
        averageNanoseconds += (nanoseconds - averageNanoseconds) * Self.weight
    }

    /// Whether to reject the next request.
    mutating func rejectsNext() -> Bool {
        due += value
        guard due >= 1 else { return false }
        due -= 1
        return true
    }
}
