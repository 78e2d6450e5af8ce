internal import Foundation
internal import GRDB
internal import GRDBSQLite
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

    /// The size at which the next attempt is made. While a long read keeps the log, the attempts become rare.
    private let limit = Mutex(maximumBytes)

    /// Makes SQLite shorten a long file when it starts the log over. By default, the file keeps its size.
    ///
    /// - Throws: An error of GRDB.
    static func limitSize(in database: GRDB.Database) throws {
        try database.execute(sql: "PRAGMA journal_size_limit = \(maximumBytes)")
    }

    /// Copies the log into the file and empties it, if it is too long and the reads that use it end in time.
    func shorten(in database: GRDB.Database, _ lockDeadline: LockDeadline) {
        limit.withLock { limit in
            let size = size(in: database)
            if size <= Self.maximumBytes { limit = Self.maximumBytes }
            guard size > limit else { return }
            lockDeadline.set(.now + Self.waitingTime)
            // An error harms nothing: the log stays, and the next attempt comes later.
            try? database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            limit = max(Self.maximumBytes, 2 * self.size(in: database))
        }
    }

    /// The size of the file in bytes; 0 if the connection is closed.
    private func size(in database: GRDB.Database) -> Int {
        guard let connection = unsafe database.sqliteConnection else { return 0 }
        // SQLite knows the path, also if that of the database is a symbolic link.
        let path = unsafe sqlite3_filename_wal(sqlite3_db_filename(connection, "main"))
        var status = stat()
        guard let path = unsafe path, unsafe stat(path, &status) == 0 else { return 0 }
        return Int(status.st_size)
    }
}
