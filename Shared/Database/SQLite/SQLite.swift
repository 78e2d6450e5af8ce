internal import Foundation
internal import GRDB

/// The parts of this target that depend on SQLite: its files, settings, values and error codes.
enum SQLite {
    /// How long a read waits for the lock of another process, in milliseconds. In WAL mode, it rarely waits at all.
    private static let readTimeoutMilliseconds = 5000
    /// The pause between two attempts of a write to get the lock that another process has, in seconds.
    private static let retryPauseSeconds = 0.01

    /// - Parameter deadline: The time until which a write waits for the lock of another process.
    /// - Returns: The one connection that writes, and the readers of a file.
    static func open(
        _ location: SQLiteLocation, deadline: LockDeadline
    ) throws -> (writer: DatabaseQueue, readers: SQLiteReaders?) {
        var configuration = Configuration()
        // The writer runs several writes in one transaction.
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .callback { _ in
            guard !deadline.hasPassed else { return false }
            Thread.sleep(forTimeInterval: retryPauseSeconds)
            return true
        }
        configuration.prepareDatabase { database in
            guard database.configuration.readonly else { return }
            try database.execute(sql: "PRAGMA busy_timeout = \(readTimeoutMilliseconds)")
        }
        configuration.foreignKeysEnabled = true
        switch location {
        case .memory:
            return try (DatabaseQueue(configuration: configuration), nil)
        case .file(let path):
            // The path must be absolute: SQLite may read a name that starts with "file:" as a URI.
            let file = URL(fileURLWithPath: path)
            try create(file)
            configuration.journalMode = .wal
            let writer = try DatabaseQueue(path: file.path, configuration: configuration)
            // GRDB sets NORMAL, which syncs the write-ahead log only at checkpoints: a power cut could then lose
            // transactions that were reported as committed. FULL syncs the log at every commit.
            try writer.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try WriteAheadLog.limitSize(in: database)
            }
            return (writer, try SQLiteReaders(path: file.path, configuration: configuration))
        }
    }

    /// Creates the folder and the file, readable by their owner only. SQLite gives the files -wal and -shm the same mode.
    private static func create(_ file: URL) throws {
        let folder = file.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DatabaseError(.unavailable, "Cannot create the folder \(folder.path) for the database: \(error)")
        }
        let descriptor = unsafe Foundation.open(file.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw DatabaseError(.unavailable, "Cannot open the database file \(file.path): \(reason)")
        }
        Foundation.close(descriptor)
    }
}

extension SQLValue {
    /// Converts a value that SQLite returned.
    ///
    /// - Throws: `DatabaseError` with code `invalidColumn` for a fraction, which no column of the services contains.
    init(stored: DatabaseValue) throws(DatabaseError) {
        switch stored.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(Int(integer))
        case .double: throw DatabaseError(.invalidColumn, "A column contains a number that is not an integer")
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes([UInt8](data))
        }
    }

    /// The value for SQLite.
    var stored: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let integer): integer.databaseValue
        case .boolean(let boolean): boolean.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        case .text(let text): text.databaseValue
        }
    }
}

extension DatabaseError {
    /// Converts an error of a commit.
    ///
    /// SQLite writes and syncs the log before it needs memory for its index. After a failed sync or a failed allocation, the
    /// log may therefore contain the whole transaction, and a process that opens the file after a crash would find it. A full
    /// disk is certain: the last page, which makes the transaction valid, has not been written.
    init(ofCommit error: any Error) {
        let primaryCode = (error as? GRDB.DatabaseError)?.resultCode
        let error = DatabaseError(error)
        switch primaryCode {
        case .SQLITE_IOERR, .SQLITE_NOMEM:
            self.init(
                .unknownOutcome,
                "The disk has failed during a commit, so the changes may be stored or not: \(error.message)",
                statement: error.statement)
        default: self = error
        }
    }

    /// Converts an error of GRDB or Foundation. A `DatabaseError` keeps its code and message.
    init(_ error: any Error) {
        switch error {
        case let error as DatabaseError:
            self = error
        case let error as GRDB.DatabaseError:
            let message = error.message ?? error.resultCode.description
            self.init(Code(error.extendedResultCode), message, statement: error.sql)
        case is CancellationError:
            self.init(.cancelled, "The task was cancelled")
        default:
            self.init(.unavailable, "\(error)")
        }
    }
}

extension DatabaseError.Code {
    /// Converts a result code of SQLite (https://www.sqlite.org/rescode.html).
    init(_ result: ResultCode) {
        self =
            switch result {
            case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: .uniqueConstraint
            case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH: .constraint
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: .busy
            case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE: .full
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR_CORRUPTFS: .corrupt
            case .SQLITE_READONLY: .readOnly
            case .SQLITE_INTERRUPT: .cancelled
            case .SQLITE_ERROR, .SQLITE_RANGE: .invalidStatement
            case .SQLITE_TOOBIG: .invalidValue
            default: .unavailable
            }
    }
}
