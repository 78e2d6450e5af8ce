import Foundation
import Histogram

/// The result of a load with one rate.
struct Step: Sendable {
    /// The requests that were sent a second.
    let rate: Int
    /// The time until the last response.
    private(set) var duration = Duration.zero
    /// The time of each accepted request, from the time at which it was to be sent to its response, in microseconds. So
    /// waiting is not left out when the services are slow.
    private(set) var accepted = Histogram<UInt32>(
        highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)
    /// The number of responses with 503 or 429.
    private(set) var refused = 0
    /// The number of other responses from 400 up.
    private(set) var failed = 0
    /// The number of requests without a response: time-outs and broken connections.
    private(set) var lost = 0
    var memory: [Services.Name: Int] = [:]

    init(rate: Int) {
        self.rate = rate
    }

    /// The accepted requests a second.
    var goodput: Int { Int(Double(accepted.totalCount) / (duration / .seconds(1))) }
    /// Whether the services keep up: almost every request is accepted, within a second.
    var isCarried: Bool {
        goodput * 100 >= rate * 95 && milliseconds(99) < 1000
    }

    /// A percentile of the times of accepted requests.
    func milliseconds(_ percentile: Double) -> Double {
        Double(accepted.valueAtPercentile(percentile)) / 1000
    }

    mutating func record(status: Int?, microseconds: Int, after duration: Duration) {
        self.duration = duration
        switch status {
        case nil: lost += 1
        case 503, 429: refused += 1
        case .some(400...): failed += 1
        default: accepted.record(UInt64(max(0, microseconds)))
        }
    }
}
