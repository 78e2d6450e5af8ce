internal import Foundation
internal import GRDB
import Synchronization

/// The write-ahead log of a database file (https://www.sqlite.org/wal.html).
///
/// SQLite starts its log over only when a write begins while no reader uses the log. Reads that always overlap would let it
/// grow until the disk is full, so a long log is emptied between two writes.
final class WriteAheadLog: Sendable {
    /// The size above which the log is emptied. SQLite itself starts a log over at about 4 MB.
    static let maximumBytes = 16 << 20
    /// How long a write waits for the reads that use the log.
    private static let waitingTime = Duration.milliseconds(100)

    private let path: String
    /// The size at which the next attempt is made. While a long read keeps the log, the attempts become rare.
    private let limit = Mutex(maximumBytes)

    /// - Parameter path: The path of the database file.
    init(ofDatabase path: String) {
        self.path = path + "-wal"
    }

    /// Copies the log into the file and empties it, if it is too long and the reads that use it end in time.
    func shorten(in database: GRDB.Database, _ lockDeadline: LockDeadline) {
        limit.withLock { limit in
            guard size > limit else { return }
            lockDeadline.set(.now + Self.waitingTime)
            // An error harms nothing: the log stays, and the next attempt comes later.
            try? database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            limit = max(Self.maximumBytes, 2 * size)
        }
    }

    /// The size of the file in bytes.
    private var size: Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return 0 }
        return Int(status.st_size)
    }
}
