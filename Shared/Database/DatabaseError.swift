/// An error of the database, in terms that do not depend on the engine.
///
/// An error never contains values of parameters: statements contain `$1` in their place, and messages name tables and
/// columns only.
public struct DatabaseError: Error, Sendable, CustomStringConvertible {
    /// The kind of the error, for `catch let error as DatabaseError where error.code == .uniqueConstraint`.
    public let code: Code
    /// A sentence for the log and for the person who starts the program.
    public let message: String
    /// The statement that failed, without its values; nil if no statement was running.
    public let statement: String?

    /// A kind of database error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind in logs.
        public let description: String

        /// The database URL is invalid or names an engine that is not supported.
        public static let invalidURL = Self(description: "invalidURL")
        /// The database cannot be opened, has been closed, or its disk or connection fails.
        public static let unavailable = Self(description: "unavailable")
        /// Another process locked the database for longer than the busy timeout, all connections were in use, or a statement
        /// took too long. A later attempt may succeed.
        public static let busy = Self(description: "busy")
        /// The connection or the disk failed during a commit, or the commit ended without its synchronous standby, so the
        /// changes may be stored or not. Nothing repeats the transaction.
        public static let unknownOutcome = Self(description: "unknownOutcome")
        /// The disk is full. Committed transactions are safe; this transaction changed nothing.
        public static let full = Self(description: "full")
        /// The file is corrupt or is not a database.
        public static let corrupt = Self(description: "corrupt")
        /// The database cannot be written: a change inside `read`, or a read-only file.
        public static let readOnly = Self(description: "readOnly")
        /// A row with the same primary key or with the same value in a `UNIQUE` column already exists.
        public static let uniqueConstraint = Self(description: "uniqueConstraint")
        /// The change violates a `NOT NULL`, `CHECK` or foreign key constraint.
        public static let constraint = Self(description: "constraint")
        /// The SQL is invalid, has more than one statement, or its parameters do not match the values.
        public static let invalidStatement = Self(description: "invalidStatement")
        /// A value cannot be stored: text with U+0000, or a value that is too large for the engine.
        public static let invalidValue = Self(description: "invalidValue")
        /// A column is missing, or its value has another type than the requested one.
        public static let invalidColumn = Self(description: "invalidColumn")
        /// The result has more rows than `Connection.maximumRows`.
        public static let tooManyRows = Self(description: "tooManyRows")
        /// The database has migrations that this program does not have, or has them in another order.
        public static let migration = Self(description: "migration")
        /// The task was cancelled. `read` and `write` throw `CancellationError` instead.
        public static let cancelled = Self(description: "cancelled")
    }

    /// One line with code, message and statement.
    public var description: String {
        guard let statement else { return "\(code): \(message)" }
        return "\(code): \(message), in: \(statement)"
    }

    init(_ code: Code, _ message: String, statement: String? = nil) {
        self.code = code
        self.message = message
        self.statement = statement
    }
}
