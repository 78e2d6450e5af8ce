/// What went wrong in the database, in words that mean the same for every engine.
///
/// Parameter values never stand in an error: statements carry them as `$1`, and messages name tables and columns only.
public struct DatabaseError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is, for `catch let error as DatabaseError where error.code == .uniqueConstraint`.
    public let code: Code
    /// A sentence for the log, and for whoever starts the program.
    public let message: String
    /// The statement that failed, without its values.
    public let statement: String?

    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind, as it stands in logs.
        public let description: String

        /// `DATABASE_URL` is not one that this program understands.
        public static let invalidURL = Self(description: "invalidURL")
        /// The database cannot be opened, was closed, or its disk or connection fails.
        public static let unavailable = Self(description: "unavailable")
        /// Another process held the database for longer than the busy time-out. Trying again later may succeed.
        public static let busy = Self(description: "busy")
        /// The disk is full. What was acknowledged before is safe; nothing of this transaction was kept.
        public static let full = Self(description: "full")
        /// The file is damaged, or is not a database.
        public static let corrupt = Self(description: "corrupt")
        /// The database, or this access to it, allows no writing: a write inside `read`, or a read-only file.
        public static let readOnly = Self(description: "readOnly")
        /// A row with the same primary key, or the same value in a `UNIQUE` column, exists already.
        public static let uniqueConstraint = Self(description: "uniqueConstraint")
        /// A `NOT NULL`, `CHECK` or foreign key constraint forbids the change.
        public static let constraint = Self(description: "constraint")
        /// The SQL is wrong, is more than one statement, or has other parameters than the values given.
        public static let invalidStatement = Self(description: "invalidStatement")
        /// A value cannot be stored: text with U+0000, or more than the engine takes.
        public static let invalidValue = Self(description: "invalidValue")
        /// A column is missing, or of another type than asked for.
        public static let invalidColumn = Self(description: "invalidColumn")
        /// The result has more rows than `Connection.maximumRows`.
        public static let tooManyRows = Self(description: "tooManyRows")
        /// The schema in the database does not fit the migrations of this program.
        public static let migration = Self(description: "migration")
        /// The task was cancelled. `read` and `write` throw `CancellationError` in its place.
        public static let cancelled = Self(description: "cancelled")
    }

    /// One line: kind, sentence, statement.
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
