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
        max(1, Int(clamping: current.rlim_cur) - reservedCount)
    }

    private static var current: rlimit {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }
}
