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

        try process.launchAlone()
        try output.close()
        let watcher = try Watcher(of: process.processIdentifier)
        let process = process
        ending = Task {
            let ending = await Self.ending(of: process)
            watcher.release()
            return ending
        }
    }

    /// Foundation learns of an end by a socket, which what the process itself has started may keep open: then it learns too
    /// late. So the process is looked at as well.
    private static func ending(of process: Process) async -> Ending {
        while true {
            guard process.isRunning else {
                return Ending(
                    status: process.terminationStatus, wasSignalled: process.terminationReason == .uncaughtSignal)
            }
            if let ending = Ending(ofDead: process.processIdentifier) { return ending }
            try? await Task.sleep(for: .milliseconds(10))
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

extension ChildProcess.Ending {
    /// How a process ended that nobody has asked for its status yet (proc(5): state `Z`, and the status as the last field).
    /// Nil when it runs, or is gone.
    fileprivate init?(ofDead identifier: Int32) {
        guard let line = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let fields = line.split(separator: ") ").last?.split(separator: " "), fields.first == "Z",
            let status = fields.last.flatMap({ Int32($0.filter(\.isNumber)) })
        else { return nil }
        let signal = status & 0x7F
        self.init(status: signal == 0 ? status >> 8 : signal, wasSignalled: signal != 0)
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
        try shell.launchAlone()
    }

    /// To be called when the process has ended, since its identifier may belong to a stranger from then on.
    func release() {
        try? lifeline.fileHandleForWriting.write(contentsOf: Data("ended\n".utf8))
    }
}
