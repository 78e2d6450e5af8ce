internal import Foundation
internal import GRDB

/// What is particular to SQLite: its files, its settings, its values and its error codes.
enum SQLite {
    /// How long a statement waits for another process, such as `login accounts grant`, to finish its transaction.
    private static let busyTimeoutSeconds = 5.0

    static func open(_ location: DatabaseURL.Location) throws -> any DatabaseWriter {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.foreignKeysEnabled = true
        switch location {
        case .memory:
            return try DatabaseQueue(configuration: configuration)
        case .file(let path):
            // An absolute path, since SQLite may read a name that starts with "file:" as a URI.
            let file = URL(fileURLWithPath: path)
            try create(file)
            let pool = try DatabasePool(path: file.path, configuration: configuration)
            // GRDB sets NORMAL, with which WAL syncs only at checkpoints: a power cut would take the last transactions
            // with it, although their callers were told that they are done. FULL syncs the log at every commit.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return pool
        }
    }

    /// Creates folder and file for their owner only. SQLite gives the files beside it (-wal, -shm) the same mode.
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
    /// - Throws: `invalidColumn` for a number that is no integer: no column of ours has such.
    init(stored: DatabaseValue) throws(DatabaseError) {
        switch stored.storage {
        case .null: self = .null
        case .int64(let integer): self = .integer(Int(integer))
        case .double: throw DatabaseError(.invalidColumn, "A column holds a number that is no integer")
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes([UInt8](data))
        }
    }

    /// - Throws: `invalidValue` for what SQLite would change silently, or PostgreSQL refuses.
    func stored() throws(DatabaseError) -> DatabaseValue {
        switch self {
        case .null: return .null
        case .integer(let integer): return integer.databaseValue
        case .boolean(let boolean): return boolean.databaseValue
        case .bytes(let bytes): return Data(bytes).databaseValue
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw DatabaseError(.invalidValue, "Text with the character U+0000 cannot be stored")
            }
            return text.databaseValue
        }
    }
}

extension DatabaseError {
    /// Any error from below, in our words. Errors of our own stay as they are.
    init(_ error: any Error, statement: String? = nil) {
        switch error {
        case let error as DatabaseError:
            self.init(error.code, error.message, statement: error.statement ?? statement)
        case let error as GRDB.DatabaseError:
            let message = error.message ?? error.resultCode.description
            self.init(Code(error.extendedResultCode), message, statement: statement ?? error.sql)
        case is CancellationError:
            self.init(.cancelled, "The task was cancelled", statement: statement)
        default:
            self.init(.unavailable, "\(error)", statement: statement)
        }
    }
}

extension DatabaseError.Code {
    /// https://www.sqlite.org/rescode.html
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
