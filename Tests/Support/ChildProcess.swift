import Foundation

/// A command that runs as a child process and ends with the test run, even if the test run crashes.
///
/// Its output goes to a file, so nothing is lost when a signal ends it.
final class ChildProcess: Sendable {
    /// How a process ended. `status` is the exit status, or the number of the signal that ended the process.
    struct Termination: Sendable, Equatable {
        let status: Int32
        let wasSignalled: Bool
    }

    private let process = Process()
    private let completion: Task<Termination, Never>

    /// Starts `command` in `directory` with exactly this environment, and appends its output to the file `log`.
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
        let watchdog = try Watchdog(of: process.processIdentifier)
        let process = process
        completion = Task {
            let termination = await Self.termination(of: process)
            watchdog.release()
            return termination
        }
    }

    /// Waits for the end of a process.
    ///
    /// Foundation detects the end by a socket, which the descendants of the process may keep open. This therefore also
    /// reads the state of the process, which changes at once.
    private static func termination(of process: Process) async -> Termination {
        while true {
            guard process.isRunning else {
                return Termination(
                    status: process.terminationStatus, wasSignalled: process.terminationReason == .uncaughtSignal)
            }
            if let termination = Termination(ofZombie: process.processIdentifier) { return termination }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    var identifier: Int32 { process.processIdentifier }

    var isRunning: Bool { process.isRunning }

    /// Waits until the process has ended.
    func waitForTermination() async -> Termination {
        await completion.value
    }

    func send(signal: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, signal)
    }

    /// Kills the process and its descendants, which share its process group.
    func killGroup() {
        kill(-process.processIdentifier, SIGKILL)
        send(signal: SIGKILL)
    }
}

extension ChildProcess.Termination {
    /// The termination of a process whose status its parent has not read yet (proc(5): state `Z`, and the status as the
    /// last field). Nil if the process still runs or no longer exists.
    fileprivate init?(ofZombie identifier: Int32) {
        guard let line = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
            let fields = line.split(separator: ") ").last?.split(separator: " "), fields.first == "Z",
            let status = fields.last.flatMap({ Int32($0.filter(\.isNumber)) })
        else { return nil }
        let signal = status & 0x7F
        self.init(status: signal == 0 ? status >> 8 : signal, wasSignalled: signal != 0)
    }
}

/// A process that kills another one and its descendants if the test run ends without calling `release`.
private struct Watchdog {
    private let pipe = Pipe()

    init(of identifier: Int32) throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "read -r _ || kill -KILL -\(identifier) || kill -KILL \(identifier)"]
        shell.standardInput = pipe
        try shell.launchAlone()
    }

    /// Ends the watchdog. Call it once the process has ended, because the system may give its identifier to another
    /// process.
    func release() {
        try? pipe.fileHandleForWriting.write(contentsOf: Data("ended\n".utf8))
    }
}
