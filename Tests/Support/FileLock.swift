import Foundation

/// Another process that holds the write lock of an SQLite file.
public final class FileLock: Sendable {
    private static let program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        sys.stdin.read()
        """

    private let process = Process()
    private let input = Pipe()

    /// Starts the process and waits until it has the lock.
    ///
    /// - Throws: `CocoaError` if the process cannot start.
    public init(of path: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, path]
        process.standardInput = input
        process.standardOutput = output
        try process.launchAlone()
        _ = output.fileHandleForReading.availableData
    }

    deinit { release() }

    /// Ends the process, and so releases the lock. A second call has no effect.
    public func release() {
        guard process.isRunning else { return }
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
