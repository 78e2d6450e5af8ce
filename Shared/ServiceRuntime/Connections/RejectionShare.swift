import NIOCore

/// The share of requests to reject, by the time that requests wait for their event loop.
///
/// The share grows with the average delay, from none at `tolerableQueueTime` to all at `maximumQueueTime`, as random early
/// detection does for packets (S. Floyd and V. Jacobson, 1993). Rejections are spread evenly instead of randomly.
///
/// Of two delays in a row, only the shorter one counts. A queue that stands delays both, and a pause of the machine only one
/// (RFC 8289 §3.2 looks at the minimum for the same reason).
struct RejectionShare {
    /// The time between the measurements of an event loop without a delay.
    static let interval = TimeAmount.milliseconds(10)
    /// The delays of this time outweigh all earlier ones.
    private static let averagedTime = TimeAmount.milliseconds(100)

    private let none, all: Double
    private var averageNanoseconds = 0.0
    private var lastNanoseconds = 0.0
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

    /// Adds a measured delay to the average. A long one has more weight, because there are fewer measurements meanwhile.
    mutating func add(_ delay: TimeAmount) {
        let nanoseconds = Double(delay.nanoseconds)
        let standing = min(nanoseconds, lastNanoseconds, max(all, 1))
        lastNanoseconds = nanoseconds
        let time = Double(Self.interval.nanoseconds) + nanoseconds
        let weight = time / (time + Double(Self.averagedTime.nanoseconds))
        averageNanoseconds += (standing - averageNanoseconds) * weight
    }

    /// Whether to reject the next request.
    mutating func rejectsNext() -> Bool {
        due += value
        guard due >= 1 else { return false }
        due -= 1
        return true
    }
}
