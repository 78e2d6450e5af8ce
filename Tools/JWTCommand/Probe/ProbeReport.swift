import FoundationEssentials
import HTTPTypes
import JWT

/// The results of a probe, for people and for programs.
struct ProbeReport {
    let target: ProbeTarget
    /// When the probe began.
    let start = Date.now
    var results: [CheckResult] = []
    /// Why the probe could not begin, or could not go on; nil after a complete probe.
    var error: CommandError?

    /// The exit status of a probe that found nothing, but could not decide each check.
    static let couldNotProbe: Int32 = 3

    /// The exit status: 1 for a finding, even in an incomplete probe, which cannot make it disappear.
    var exitStatus: Int32 {
        if count(.finding) > 0 { return 1 }
        return count(.unknown) > 0 || error != nil ? Self.couldNotProbe : 0
    }

    func count(_ outcome: CheckResult.Outcome) -> Int { results.count { $0.outcome == outcome } }

    /// The lines for a terminal: one for each check, and below a finding its rule and a line that repeats it.
    func lines(_ style: TerminalStyle) -> [String] {
        results.flatMap { line(of: $0, style) } + ["", summary]
    }

    private var summary: String {
        let counts =
            "\(count(.held)) held, \(count(.finding)) findings, \(count(.unknown)) unknown, \(count(.skipped)) skipped"
        let lines = results.filter(\.outcome.needsAttention).compactMap(\.curl)
        let hints = [("$TOKEN", "the good token"), ("$OTHER_TOKEN", "the one for another audience")]
            .filter { hint in lines.contains { $0.contains(hint.0) } }
            .map { "\nThe variable \($0.0.dropFirst()) is \($0.1)." }
        return "\(target.method) \(target.url.escapedForTerminal): \(counts)" + hints.joined()
    }

    private func line(of result: CheckResult, _ style: TerminalStyle) -> [String] {
        let name = result.check.name.padded(to: 22)
        let status = (result.status.map { "\($0)" } ?? "").padded(to: 5)
        let text = "\(result.outcome.mark) \(name)\(status)\(result.check.summary)"
        switch result.outcome {
        case .held: return [style.success(result.outcome.mark) + text.dropFirst()]
        case .skipped: return [style.secondary("\(text): \(result.detail)")]
        case .finding, .unknown:
            let below = [result.check.rule] + (result.curl.map { [$0] } ?? [])
            return [style.warning("\(text): \(result.detail)")]
                + below.map { "".padded(to: 4) + $0.escapedForTerminal }
        }
    }

    var json: JSONValue {
        .object(
            [.init("url", .string(target.url)), .init("method", .string(target.method.rawValue))]
                + CheckResult.Outcome.allCases.map { .init($0.rawValue, .integer(Int64(count($0)))) }
                + [.init("checks", .array(results.map(\.json)))]
                + (error.map { [.init("error", .string($0.description))] } ?? []))
    }
}

extension CheckResult.Outcome {
    var needsAttention: Bool { self == .finding || self == .unknown }

    fileprivate var mark: String {
        switch self {
        case .held: "✓"
        case .finding: "✗"
        case .unknown: "?"
        case .skipped: "-"
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(count < width ? 0 : 1, width - count))
    }
}
