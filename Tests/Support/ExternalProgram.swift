import Foundation

/// A program that a cluster runs beside its services.
public struct ExternalProgram: Sendable {
    private let process: ChildProcess

    init(_ process: ChildProcess) {
        self.process = process
    }

    /// Whether the program runs.
    public var isRunning: Bool { process.isRunning }

    /// Kills the program and the processes that it has started, and waits for its end.
    public func kill() async {
        process.killGroup()
        _ = await process.waitForTermination()
    }

    /// Sends SIGTERM, and returns the exit status once the program has ended.
    @discardableResult
    public func stop() async -> Int32 {
        process.send(signal: SIGTERM)
        return await process.waitForTermination().status
    }

    /// Pauses the program: its connections stay open, but it neither reads nor writes.
    public func pause() {
        process.send(signal: SIGSTOP)
    }

    /// Continues the paused program.
    public func resume() {
        process.send(signal: SIGCONT)
    }
}
