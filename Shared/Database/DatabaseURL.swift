/// The location of a database: the value of `DATABASE_URL`.
///
/// `sqlite:data/login.sqlite` and `sqlite:/var/lib/login.sqlite` name a file. `sqlite::memory:` names a database in memory,
/// which ends with the process. `postgres://user@host/name` names a database of a PostgreSQL server.
public struct DatabaseURL: Sendable, Hashable, CustomStringConvertible {
    enum Location: Sendable, Hashable {
        case sqlite(SQLiteLocation)
        case postgreSQL(PostgreSQLURL)
    }

    let location: Location

    /// A database in memory. Each `SQLDatabase.open` creates its own.
    public static let inMemory = DatabaseURL(location: .sqlite(.memory))

    private init(location: Location) {
        self.location = location
    }

    /// Parses the text of `DATABASE_URL`.
    ///
    /// - Throws: `DatabaseError` with code `invalidURL` and a message that says what to write. The message does not repeat
    ///   the text, which may contain a password.
    public init(_ text: String) throws(DatabaseError) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw DatabaseError(.invalidURL, "A database URL must start with its engine: \(Self.examples)")
        }
        switch text[..<colon].lowercased() {
        case "sqlite":
            location = .sqlite(try SQLiteLocation(String(text[text.utf8.index(after: colon)...])))
        case "postgres", "postgresql":
            location = .postgreSQL(try PostgreSQLURL(text))
        default:
            throw DatabaseError(.invalidURL, "The database engine is not supported; write \(Self.examples)")
        }
    }

    private static let examples = "sqlite:data/name.sqlite or postgres://user@host/name"

    /// The URL as text, without user, password and options.
    public var description: String {
        switch location {
        case .sqlite(.file(let path)): "sqlite:\(path)"
        case .sqlite(.memory): "sqlite::memory:"
        case .postgreSQL(let url): url.publicText
        }
    }

    /// Whether a server keeps the database, so it can have replicas.
    public var isOnServer: Bool {
        if case .postgreSQL = location { true } else { false }
    }

    /// The path of the folder in which a service may store other files: that of the file of the database, `data` for a
    /// database on a server, nil for one in memory.
    public var folder: String? {
        switch location {
        case .sqlite(.memory): return nil
        case .postgreSQL: return "data"
        case .sqlite(.file(let path)):
            guard let slash = path.lastIndex(of: "/") else { return "." }
            return slash == path.startIndex ? "/" : String(path[..<slash])
        }
    }
}
