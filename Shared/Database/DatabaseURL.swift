/// The location of a database: the value of `DATABASE_URL`.
///
/// `sqlite:data/login.sqlite` and `sqlite:/var/lib/login.sqlite` name a file. `sqlite::memory:` names a database in memory,
/// which ends with the process.
public struct DatabaseURL: Sendable, Hashable, CustomStringConvertible {
    enum Location: Sendable, Hashable {
        case file(path: String)
        case memory
    }

    let location: Location

    /// A database in memory. Each `SQLDatabase.open` creates its own.
    public static let inMemory = DatabaseURL(location: .memory)

    private init(location: Location) {
        self.location = location
    }

    /// Parses the text of `DATABASE_URL`.
    ///
    /// - Throws: `DatabaseError` with code `invalidURL` and a message that says what to write. The message does not repeat
    ///   the text, which may contain a password.
    public init(_ text: String) throws(DatabaseError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw DatabaseError(.invalidURL, "A database URL must start with its engine: sqlite:data/name.sqlite")
        }
        switch text[..<colon].lowercased() {
        case "sqlite":
            location = try Self.sqliteLocation(String(text[text.utf8.index(after: colon)...]))
        case "postgres", "postgresql":
            throw DatabaseError(
                .invalidURL, "This version does not support PostgreSQL; use a file: sqlite:data/name.sqlite")
        default:
            throw DatabaseError(
                .invalidURL, "The database engine is not supported; use a file: sqlite:data/name.sqlite")
        }
    }

    /// The URL as text.
    public var description: String {
        switch location {
        case .file(let path): "sqlite:\(path)"
        case .memory: "sqlite::memory:"
        }
    }

    /// The path of the folder with the file of the database, in which a service may store other files; nil for a database in
    /// memory.
    public var folder: String? {
        guard case .file(let path) = location else { return nil }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func sqliteLocation(_ path: String) throws(DatabaseError) -> Location {
        if path == ":memory:" { return .memory }
        guard !path.isEmpty, !path.hasSuffix("/") else {
            throw DatabaseError(.invalidURL, "sqlite: must be followed by the path of a file: sqlite:data/name.sqlite")
        }
        guard !path.utf8.contains(0) else {
            throw DatabaseError(.invalidURL, "The path after sqlite: contains the character U+0000; remove it")
        }
        // Some systems read "sqlite://data/x" as a relative path, others as the host "data".
        guard !path.hasPrefix("//") || path.hasPrefix("///") else {
            throw DatabaseError(
                .invalidURL, "Write sqlite:data/name.sqlite (relative) or sqlite:/var/lib/name.sqlite (absolute)")
        }
        return .file(path: path)
    }
}
