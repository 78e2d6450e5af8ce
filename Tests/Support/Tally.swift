/// The results of a load: the number of responses by status, the failures, and the durations.
public struct Tally: Sendable, CustomStringConvertible {
    /// The number of responses, by the label of the request and the status.
    public private(set) var responses: [String: [Int: Int]] = [:]
    /// The errors of the requests without a response.
    public private(set) var failures: [String] = []
    /// The durations of the requests with a response, in the order in which the responses arrived.
    public private(set) var durations: [Duration] = []

    /// Creates a tally without results.
    public init() {}

    /// The number of requests.
    public var count: Int { durations.count + failures.count }

    /// The number of responses with one of `statuses`, whatever the label.
    public func count(_ statuses: Range<Int>) -> Int {
        responses.values.joined().reduce(0) { statuses.contains($1.key) ? $0 + $1.value : $0 }
    }

    /// A line for each kind of unsuccessful response and each failure; empty if every request succeeded.
    public var unexpected: [String] {
        let unsuccessful = responses.flatMap { label, statuses in
            statuses.filter { !(200..<300).contains($0.key) }.map { "\(label): \($0.key) × \($0.value)" }
        }
        return unsuccessful.sorted() + failures
    }

    /// The number of responses by label and status, in one line.
    public var description: String {
        let parts = responses.sorted { $0.key < $1.key }.map { label, statuses in
            "\(label) " + statuses.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
        }
        return (parts + (failures.isEmpty ? [] : ["no response × \(failures.count)"])).joined(separator: "; ")
    }

    /// Counts a response.
    public mutating func add(_ label: String, status: Int, after duration: Duration) {
        responses[label, default: [:]][status, default: 0] += 1
        durations.append(duration)
    }

    /// Counts a request without a response.
    public mutating func add(failure: String) {
        failures.append(failure)
    }
}
