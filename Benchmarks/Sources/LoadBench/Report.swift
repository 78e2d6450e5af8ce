import Foundation

/// Prints each step as a row of a table, or with `--json` as an object.
struct Report {
    let printsJSON: Bool

    private static let columns = [
        "sent/s", "accepted/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "refused", "failed", "lost",
        "login MB", "catalog MB", "orders MB", "inbox MB",
    ]

    init(printsJSON: Bool) {
        self.printsJSON = printsJSON
        if !printsJSON { print(Self.row(Self.columns)) }
    }

    func add(_ step: Step) {
        let times = [50, 90, 99, 99.9, 100].map(step.milliseconds)
        let memory = Services.Name.allCases.map { (step.memory[$0] ?? 0) / 1_000_000 }
        guard printsJSON else {
            print(
                Self.row(
                    ["\(step.rate)", "\(step.goodput)"] + times.map { String(format: "%.1f", $0) }
                        + [step.refused, step.failed, step.lost].map(String.init) + memory.map(String.init)))
            return
        }
        let percentiles = zip(["p50", "p90", "p99", "p999", "max"], times).map { #""\#($0)_ms":\#($1)"# }
        let bytes = zip(Services.Name.allCases, memory).map { #""\#($0)_mb":\#($1)"# }
        print(
            #"{"sent_per_second":\#(step.rate),"accepted_per_second":\#(step.goodput),"#
                + (percentiles + bytes).joined(separator: ",")
                + #","refused":\#(step.refused),"failed":\#(step.failed),"lost":\#(step.lost)}"#)
    }

    private static func row(_ values: [String]) -> String {
        values.map { String(repeating: " ", count: max(0, 11 - $0.count)) + $0 }.joined()
    }
}
