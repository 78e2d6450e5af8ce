import Foundation

/// The limit on open files and connections of the process (`RLIMIT_NOFILE`, getrlimit(2)).
enum FileDescriptors {
    /// How many are left for files, calls to other services and the database.
    static let reservedCount = 256

    /// Raises the limit to the maximum that the system allows this process.
    static func raiseLimit() {
        var limit = current
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// How many connections of clients the limit allows.
    static var maximumConnections: Int {
        max(1, limit - reservedCount)
    }

    /// How many descriptors the process may have.
    static var limit: Int { Int(clamping: current.rlim_cur) }

    /// How many descriptors the process has; 0 on a system without `/proc`. The one that reads the folder does not count.
    static var openCount: Int {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return max(0, (names?.count ?? 0) - 1)
    }

    private static var current: rlimit {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }
}
