import Foundation
import Synchronization

/// What a drill found, printed as it goes.
final class Report: Sendable {
    private struct State {
        var figures: [String] = []
        var faults: [String] = []
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// What was not as it must be.
    var faults: [String] { state.withLock { $0.faults } }

    /// The figures, as they stand in the last line.
    var figures: String { state.withLock { $0.figures }.joined(separator: ", ") }

    /// Prints a line at once, also into a pipe.
    func say(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }

    /// Prints what is going on, with the seconds since the beginning.
    func progress(_ text: String) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        say(String(format: "%7.1f s  ", seconds) + text)
    }

    /// Notes a figure for the last line, and prints it.
    func figure(_ text: String) {
        state.withLock { $0.figures.append(text) }
        progress(text)
    }

    /// Notes a fault, which is a sentence that should be true, unless it is.
    func require(_ isTrue: Bool, _ sentence: String) {
        guard !isTrue else { return }
        state.withLock { $0.faults.append(sentence) }
        progress("NOT TRUE: \(sentence)")
    }

    /// The last line.
    func verdict(of name: String) -> String {
        let faults = faults
        guard !faults.isEmpty else { return "PASS \(name): \(figures)" }
        return "FAIL \(name): \(figures); not true: \(faults.joined(separator: "; "))"
    }
}

extension [Duration] {
    /// The middle, the 99th hundredth and the greatest, in words.
    var spread: String {
        "p50 \(quantile(0.5).text), p99 \(quantile(0.99).text), max \(quantile(1).text)"
    }

    /// The smallest duration that at least `share` of all do not exceed; zero when there is none.
    func quantile(_ share: Double) -> Duration {
        guard !isEmpty else { return .zero }
        return sorted()[Swift.max(0, Int((Double(count) * share).rounded(.up)) - 1)]
    }
}

extension Duration {
    /// In milliseconds, or in seconds from one on.
    var text: String {
        let seconds = self / .seconds(1)
        return seconds < 1 ? String(format: "%.1f ms", seconds * 1000) : String(format: "%.1f s", seconds)
    }
}
