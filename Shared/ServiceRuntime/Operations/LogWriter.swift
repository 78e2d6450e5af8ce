import Foundation
import Logging
import Metrics
import Synchronization

/// Writes log lines to a file without ever waiting for the reader of the file.
///
/// A separate queue writes the lines, so a full pipe that nobody reads stops this queue and no request. It writes the
/// lines of a few milliseconds at once. Up to a mebibyte of lines waits. Further lines are dropped and counted in
/// `log_lines_dropped_total`. A log line reports their number as soon as the file takes lines again. A crash loses the
/// lines that wait at that moment.
final class LogWriter: Sendable {
    private struct State {
        var waitingLines = Data()
        var droppedLines = 0
        var isWriting = false
        /// Whether the file has only the beginning of its last line, because a write has failed.
        var isCut = false
    }

    /// The writer of the process, for standard error.
    static let standardError = LogWriter(to: .standardError) { count in
        Logger(label: "log").warning("Log lines were dropped: nothing read them.", metadata: ["lines": "\(count)"])
    }

    static let maximumWaitingBytes = 1 << 20
    private static let lineBreak = UInt8(ascii: "\n")
    /// How long the first line waits for others. Waking a thread for each line would take longer than writing it.
    private static let collectingTime = DispatchTimeInterval.milliseconds(5)

    private let file: FileHandle
    private let report: @Sendable (_ droppedLines: Int) -> Void
    private let queue = DispatchQueue(label: "log")
    private let state = Mutex(State())

    /// Creates a writer.
    ///
    /// - Parameters:
    ///   - file: The file to write to.
    ///   - report: Logs a number of dropped lines.
    init(to file: FileHandle, report: @escaping @Sendable (_ droppedLines: Int) -> Void) {
        self.file = file
        self.report = report
    }

    /// Adds a line, which ends with a line break, to those that wait, or drops it.
    func write(_ line: String) {
        enum Outcome { case added, first, dropped }
        let outcome = state.withLock { state -> Outcome in
            guard state.waitingLines.count + line.utf8.count <= Self.maximumWaitingBytes else {
                state.droppedLines += 1
                return .dropped
            }
            state.waitingLines.append(contentsOf: line.utf8)
            defer { state.isWriting = true }
            return state.isWriting ? .added : .first
        }
        switch outcome {
        case .added: break
        case .first: queue.asyncAfter(deadline: .now() + Self.collectingTime) { self.writeWaitingLines() }
        case .dropped: Counter(label: "log_lines_dropped").increment()
        }
    }

    /// Waits until all lines are written, at most one second: longer, nobody reads them.
    func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        queue.async {
            self.writeWaitingLines()
            isWritten.signal()
        }
        _ = isWritten.wait(timeout: .now() + .seconds(1))
    }

    private func writeWaitingLines() {
        while let waitingLines = takeWaitingLines() {
            let lines = state.withLock { $0.isCut } ? Data([Self.lineBreak]) + waitingLines : waitingLines
            let written = FileDescriptors.writeAll(lines, to: file)
            // The file is gone or full, so a log line about it would be lost as well.
            if written < lines.count {
                let droppedLines = waitingLines.suffix(lines.count - written).count { $0 == Self.lineBreak }
                Counter(label: "log_lines_dropped").increment(by: droppedLines)
            }
            if written > 0 { state.withLock { $0.isCut = lines[written - 1] != Self.lineBreak } }
            let droppedLines = state.withLock { state in
                defer { state.droppedLines = 0 }
                return state.droppedLines
            }
            if droppedLines > 0 { report(droppedLines) }
        }
    }

    private func takeWaitingLines() -> Data? {
        state.withLock { state in
            guard !state.waitingLines.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { state.waitingLines = Data() }
            return state.waitingLines
        }
    }
}
