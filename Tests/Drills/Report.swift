import Foundation
import Synchronization

/// The results of a drill. It prints each result immediately.
final class Report: Sendable {
    private struct State {
        var figures: [String] = []
        var violations: [String] = []
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// The sentences that should be true and are not.
    var violations: [String] { state.withLock { $0.violations } }

    /// Prints a line without buffering.
    func write(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }

    /// Prints an event with the seconds since the start of the drill.
    func progress(_ text: String) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        write(String(format: "%7.1f s  ", seconds) + text)
    }

    /// Prints a figure and adds it to the last line of the drill.
    func figure(_ text: String) {
        state.withLock { $0.figures.append(text) }
        progress(text)
    }

    /// Records `sentence` as a violation unless it is true.
    func require(_ isTrue: Bool, _ sentence: String) {
        guard !isTrue else { return }
        state.withLock { $0.violations.append(sentence) }
        progress("NOT TRUE: \(sentence)")
    }

    /// The last line of the drill.
    func verdict(of name: String) -> String {
        let (violations, figures) = state.withLock { ($0.violations, $0.figures.joined(separator: ", ")) }
        guard !violations.isEmpty else { return "PASS \(name): \(figures)" }
        return "FAIL \(name): \(figures); not true: \(violations.joined(separator: "; "))"
    }
}

extension [Duration] {
    /// The median, the 99th percentile and the maximum.
    var spread: String {
        "p50 \(quantile(0.5).text), p99 \(quantile(0.99).text), max \(quantile(1).text)"
    }

    /// The smallest duration that at least `share` of all durations do not exceed; zero if there are none.
    func quantile(_ share: Double) -> Duration {
        guard !isEmpty else { return .zero }
        return sorted()[Swift.max(0, Int((Double(count) * share).rounded(.up)) - 1)]
    }
}

extension Duration {
    /// The duration in milliseconds, or in seconds if it is at least one second.
    var text: String {
        let seconds = self / .seconds(1)
        return seconds < 1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.1f s", seconds)
    }
}
