import Histogram

/// The result of a load with one rate.
struct Step: Sendable {
    /// The requests that were sent a second.
    let rate: Int
    let seconds: Int
    /// The accepted requests whose response arrived while others were still sent.
    private var acceptedMeanwhile = 0
    private(set) var all = Responses()
    private(set) var ofOperation: [Operation: Responses] = [:]
    var memory: [Services.Name: Int] = [:]
    /// How late the client sent the requests, in microseconds. If it was as late as the responses, the client was overloaded.
    var delays = Responses.noTimes

    init(rate: Int, seconds: Int) {
        self.rate = rate
        self.seconds = seconds
    }

    /// The accepted requests a second.
    var goodput: Int { acceptedMeanwhile / seconds }
    /// Whether the services keep up: almost every request is accepted, within a second.
    var isCarried: Bool {
        goodput * 100 >= rate * 95 && all.milliseconds(99) < 1000
    }

    mutating func record(_ operation: Operation, status: Int?, microseconds: Int, after duration: Duration) {
        let before = all.accepted.totalCount
        all.record(status: status, microseconds: microseconds)
        if duration <= .seconds(seconds), all.accepted.totalCount > before { acceptedMeanwhile += 1 }
        ofOperation[operation, default: Responses()].record(status: status, microseconds: microseconds)
    }
}

/// The responses to requests, and their times.
struct Responses: Sendable {
    /// The times of requests, each from the time at which it was to be sent to its response, in microseconds. So waiting is
    /// not left out when the services are slow.
    typealias Times = Histogram<UInt32>

    private(set) var accepted = Self.noTimes
    /// The times of responses with 503 or 429.
    private(set) var refused = Self.noTimes
    /// The number of other responses from 400 up.
    private(set) var failed = 0
    /// The number of requests without a response: time-outs and broken connections.
    private(set) var lost = 0

    static let noTimes = Times(highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)

    /// A percentile of the times of accepted requests.
    func milliseconds(_ percentile: Double) -> Double {
        Double(accepted.valueAtPercentile(percentile)) / 1000
    }

    mutating func record(status: Int?, microseconds: Int) {
        let time = UInt64(max(0, microseconds))
        switch status {
        case nil: lost += 1
        case 503, 429: refused.record(time)
        case .some(400...): failed += 1
        default: accepted.record(time)
        }
    }
}
