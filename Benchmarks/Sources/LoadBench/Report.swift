import Foundation

/// Prints each step as a row of a table, with a row for each operation of the last one; or with `--json` as an object. "Sent late"
/// is the p99 of the time by which the client sends a request too late. It is a part of the other times.
struct Report {
    let printsJSON: Bool

    private static let columns = [
        "sent/s", "accepted/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "sent late", "refused", "failed",
        "lost", "login MB", "catalog MB", "orders MB", "inbox MB",
    ]

    init(printsJSON: Bool) {
        self.printsJSON = printsJSON
        if !printsJSON { print(Self.row(Self.columns)) }
    }

    func add(_ step: Step) {
        let responses = step.all
        let times = [50, 90, 99, 99.9, 100].map(responses.milliseconds)
        let delay = Double(step.delays.valueAtPercentile(99)) / 1000
        let memory = Services.Name.allCases.map { (step.memory[$0] ?? 0) / 1_000_000 }
        guard printsJSON else {
            return print(
                Self.row(
                    ["\(step.rate)", "\(step.goodput)"] + (times + [delay]).map(Self.text)
                        + [Int(responses.refused.totalCount), responses.failed, responses.lost].map(String.init)
                        + memory.map(String.init)))
        }
        let percentiles = zip(["p50", "p90", "p99", "p999", "max"], times).map { #""\#($0)_ms":\#($1)"# }
        let bytes = zip(Services.Name.allCases, memory).map { #""\#($0)_mb":\#($1)"# }
        let operations = Self.sorted(step).map { #""\#($0.rawValue)":{\#(Self.object($1))}"# }
        print(
            #"{"sent_per_second":\#(step.rate),"accepted_per_second":\#(step.goodput),"#
                + (percentiles + bytes).joined(separator: ",")
                + #","sent_late_p99_ms":\#(delay),"refused":\#(responses.refused.totalCount),"failed":\#(responses.failed),"lost":\#(responses.lost),"#
                + #""operations":{\#(operations.joined(separator: ","))}}"#)
    }

    /// Prints what became of each operation. With `--json`, `add` does it.
    func addOperations(of step: Step) {
        guard !printsJSON else { return }
        print("\nAt \(step.rate) requests a second, with the p99 of refusals too:")
        print(Self.row(["accepted", "p50 ms", "p99 ms", "max ms", "refused", "p99 ms", "failed", "lost"]))
        for (operation, responses) in Self.sorted(step) {
            let values =
                ["\(responses.accepted.totalCount)"] + [50, 99, 100].map { Self.text(responses.milliseconds($0)) }
                + [
                    "\(responses.refused.totalCount)",
                    Self.text(Double(responses.refused.valueAtPercentile(99)) / 1000),
                ]
                + ["\(responses.failed)", "\(responses.lost)"]
            print("\(Self.row(values))  \(operation.rawValue)")
        }
    }

    private static func sorted(_ step: Step) -> [(Operation, Responses)] {
        Operation.allCases.compactMap { operation in step.ofOperation[operation].map { (operation, $0) } }
    }

    private static func object(_ responses: Responses) -> String {
        #""accepted":\#(responses.accepted.totalCount),"p50_ms":\#(responses.milliseconds(50)),"#
            + #""p99_ms":\#(responses.milliseconds(99)),"max_ms":\#(responses.milliseconds(100)),"#
            + #""refused":\#(responses.refused.totalCount),"failed":\#(responses.failed),"lost":\#(responses.lost)"#
    }

    private static func text(_ milliseconds: Double) -> String {
        String(format: "%.1f", milliseconds)
    }

    private static func row(_ values: [String]) -> String {
        values.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }.joined()
    }
}
