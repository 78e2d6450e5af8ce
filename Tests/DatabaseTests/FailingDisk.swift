import Foundation
import GRDBSQLite
import Synchronization

/// The disk of one database, on which writes to the log can fail.
///
/// SQLite calls the system through a table, in which this type replaces the writes of all databases of the process
/// (https://www.sqlite.org/c3ref/vfs.html).
struct FailingDisk {
    private static let failingPath = Mutex<String?>(nil)
    private static let replacement: Void = replaceWrites()

    private let path: String

    init(ofDatabase path: String) {
        _ = Self.replacement
        self.path = path + "-wal"
    }

    /// Makes writes to the log fail from now on.
    func fail() { Self.failingPath.withLock { $0 = path } }

    /// Makes writes to the log succeed again.
    func recover() { Self.failingPath.withLock { $0 = nil } }

    private static func mayWrite(_ descriptor: CInt) -> Bool {
        guard let failing = failingPath.withLock({ $0 }) else { return true }
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        guard path == failing else { return true }
        errno = EIO
        return false
    }

    private static func replaceWrites() {
        typealias PositionedWrite = @convention(c) (CInt, UnsafeRawPointer?, Int, off_t) -> Int
        typealias Write = @convention(c) (CInt, UnsafeRawPointer?, Int) -> Int
        let positionedWrite: PositionedWrite = { descriptor, bytes, count, offset in
            FailingDisk.mayWrite(descriptor) ? unsafe pwrite(descriptor, bytes, count, offset) : -1
        }
        let write: Write = { descriptor, bytes, count in
            FailingDisk.mayWrite(descriptor) ? unsafe Foundation.write(descriptor, bytes, count) : -1
        }
        guard let system = unsafe sqlite3_vfs_find(nil) else { return }
        unsafe replace("pwrite64", unsafeBitCast(positionedWrite, to: sqlite3_syscall_ptr.self), in: system)
        unsafe replace("pwrite", unsafeBitCast(positionedWrite, to: sqlite3_syscall_ptr.self), in: system)
        unsafe replace("write", unsafeBitCast(write, to: sqlite3_syscall_ptr.self), in: system)
    }

    private static func replace(
        _ name: String, _ function: @escaping sqlite3_syscall_ptr, in system: UnsafeMutablePointer<sqlite3_vfs>
    ) {
        // SQLite calls only those that it has been built for.
        guard unsafe system.pointee.xGetSystemCall(system, name) != nil else { return }
        _ = unsafe system.pointee.xSetSystemCall(system, name, function)
    }
}
