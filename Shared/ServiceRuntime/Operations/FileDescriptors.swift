import Foundation

/// The open files and connections of the process: their limit (`RLIMIT_NOFILE`, getrlimit(2)), and writes to them.
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

    /// Writes until the file fails, and returns how many bytes it has taken.
    ///
    /// It waits while a pipe is full, also if another process has made the pipe non-blocking for all its writers
    /// (O_NONBLOCK, open(2)).
    static func writeAll(_ bytes: Data, to file: FileHandle) -> Int {
        let descriptor = file.fileDescriptor
        var count = 0
        while count < bytes.count {
            let taken = unsafe bytes[count...].withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress, $0.count)
            }
            if taken >= 0 {
                count += taken
            } else if errno == EAGAIN {
                var writable = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&writable, 1, -1)
            } else if errno != EINTR {
                break
            }
        }
        return count
    }

    private static var current: rlimit {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }
}
