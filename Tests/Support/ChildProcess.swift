import Foundation

/// A command as a process of its own, which ends with the test run, however that ends.
///
/// Its output goes to a file, so that nothing is lost when a signal ends it.
final class ChildProcess: Sendable {
    /// How a process ended: by itself with a status, or by a signal.
    struct Ending: Sendable, Equatable {
        let status: Int32
        let wasSignalled: Bool
    }

    private let process = Process()
    private let ending: Task<Ending, Never>

    /// Starts `command` in `directory` with exactly this environment; output is appended to the file `log`.
    init(_ command: [String], environment: [String: String], directory: URL, log: URL) throws {
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        let output = try FileHandle(forWritingTo: log)
        try output.seekToEnd()
        let executable = command[0]
        process.executableURL =
            executable.hasPrefix("/") ? URL(filePath: executable) : directory.appending(path: executable)
        process.arguments = Array(command.dropFirst())
        process.environment = environment
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output

        let (endings, continuation) = AsyncStream.makeStream(of: Ending.self)
        process.terminationHandler = {
            continuation.yield(
                Ending(status: $0.terminationStatus, wasSignalled: $0.terminationReason == .uncaughtSignal))
            continuation.finish()
        }
        try process.run()
        try output.close()
        let watcher = try Watcher(of: process.processIdentifier)
        ending = Task {
            let ending = await endings.first { _ in true } ?? Ending(status: -1, wasSignalled: false)
            watcher.release()
            return ending
        }
    }

    var identifier: Int32 { process.processIdentifier }

    var isRunning: Bool { process.isRunning }

    /// Waits until the process has ended.
    func ended() async -> Ending {
        await ending.value
    }

    func send(signal: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, signal)
    }

    /// Ends the process and all that it has started: they share a process group.
    func endGroup() {
        kill(-process.processIdentifier, SIGKILL)
        send(signal: SIGKILL)
    }
}

/// A process that kills another, with all that it has started, when the test run ends without having released it.
private struct Watcher {
    private let lifeline = Pipe()

    init(of identifier: Int32) throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "read -r _ || kill -KILL -\(identifier) || kill -KILL \(identifier)"]
        shell.standardInput = lifeline
        try shell.run()
    }

    /// To be called when the process has ended, since its identifier may belong to a stranger from then on.
    func release() {
        try? lifeline.fileHandleForWriting.write(contentsOf: Data("ended\n".utf8))
    }
}
