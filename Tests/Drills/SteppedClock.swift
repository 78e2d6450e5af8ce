import Foundation
import TestSupport

/// A clock of several processes, which a drill moves while they run.
struct SteppedClock {
    private let file: URL

    /// Creates the file that the processes read the offset from.
    init(in folder: URL) throws {
        file = folder.appending(path: "clock-offset")
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
    }

    /// The variables of a process with this clock.
    var environment: [String: String] {
        [
            "LD_PRELOAD": Cluster.executables.appending(path: "libSteppedClock.so").path,
            "STEPPED_CLOCK_FILE": file.path,
        ]
    }

    /// Sets the clock ahead of the right time, or behind if `seconds` is negative.
    func set(seconds: Int64) throws {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (8 * Int64($0))) }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        // The processes map the file into memory, so it must keep its identity.
        try handle.write(contentsOf: Data(bytes))
    }
}
