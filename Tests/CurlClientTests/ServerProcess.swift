import Foundation
import Synchronization
import TestSupport

/// A server that runs in another process. It ends with this object.
final class ServerProcess: Sendable {
    private struct State {
        var output = ""
        var isReady = false
    }

    private let process = Process()
    private let state = Mutex(State())

    /// Starts a server, and waits until it has printed a line with `readyText`.
    init(_ command: [String], readyText: String) async throws {
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let isReady = OneTimeEvent()
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let part = String(decoding: handle.availableData, as: UTF8.self)
            if part.isEmpty { handle.readabilityHandler = nil }
            if self?.add(part, readyText: readyText) == true { isReady.signal() }
        }
        try process.launchAlone()
        await isReady.wait()
    }

    /// Adds a part of the output; the last one is empty. Returns whether the server has become ready, or has ended, with it.
    private func add(_ part: String, readyText: String) -> Bool {
        state.withLock { state in
            state.output += part
            let lines = state.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            let isReady = part.isEmpty || lines.contains { $0.contains(readyText) }
            return isReady && !exchange(&state.isReady, with: isReady || state.isReady)
        }
    }

    // Threads of the concurrency pool block SIGTERM, and processes that they start inherit that.
    deinit { kill(process.processIdentifier, SIGKILL) }

    /// What the server has printed.
    var output: String { state.withLock { $0.output } }
}
