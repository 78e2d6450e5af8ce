/// Where the data lives: the value of `DATABASE_URL`.
///
/// `sqlite:data/login.sqlite` and `sqlite:/var/lib/login.sqlite` name a file, `sqlite::memory:` a database that ends with
/// the process.
public struct DatabaseURL: Sendable, Hashable, CustomStringConvertible {
    enum Location: Sendable, Hashable {
        case file(path: String)
        case memory
    }

    let location: Location

    /// A database in memory, which ends with its last connection.
    public static let inMemory = DatabaseURL(location: .memory)

    private init(location: Location) {
        self.location = location
    }

    /// Parses the text of `DATABASE_URL`.
    ///
    /// - Throws: `DatabaseError` with code `invalidURL` and a sentence that says what to write. The text itself is not
    ///   repeated, as it may hold a password.
    public init(_ text: String) throws(DatabaseError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw DatabaseError(.invalidURL, "A database URL starts with its engine: sqlite:data/name.sqlite")
        }
        switch text[..<colon].lowercased() {
        case "sqlite":
            location = try Self.sqliteLocation(String(text[text.utf8.index(after: colon)...]))
        case "postgres", "postgresql":
            throw DatabaseError(
                .invalidURL, "PostgreSQL is not supported by this version; use a file: sqlite:data/name.sqlite")
        default:
            throw DatabaseError(.invalidURL, "Unknown database engine; the known one is sqlite:data/name.sqlite")
        }
    }

    /// The URL in its shortest form.
    public var description: String {
        switch location {
        case .file(let path): "sqlite:\(path)"
        case .memory: "sqlite::memory:"
        }
    }

    /// The folder of the database's file, where a service may keep other files; nil for a database in memory.
    public var folder: String? {
        guard case .file(let path) = location else { return nil }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func sqliteLocation(_ path: String) throws(DatabaseError) -> Location {
        if path == ":memory:" { return .memory }
        guard !path.isEmpty, !path.hasSuffix("/") else {
            throw DatabaseError(.invalidURL, "sqlite: is followed by the path of a file: sqlite:data/name.sqlite")
        }
        guard !path.utf8.contains(0) else {
            throw DatabaseError(.invalidURL, "The path after sqlite: contains a NUL character; remove it")
        }
        // "sqlite://data/x" reads like a relative path in some systems and like a host name in others.
        guard !path.hasPrefix("//") || path.hasPrefix("///") else {
            throw DatabaseError(
                .invalidURL, "Write sqlite:data/name.sqlite (relative) or sqlite:/var/lib/name.sqlite (absolute)")
        }
        return .file(path: path)
    }
}
