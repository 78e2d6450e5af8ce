/// The part of a database URL after `sqlite:`.
enum SQLiteLocation: Sendable, Hashable {
    case file(path: String)
    case memory

    /// Parses the path of a file, or `:memory:`.
    ///
    /// - Throws: `DatabaseError` with code `invalidURL`.
    init(_ path: String) throws(DatabaseError) {
        guard path != ":memory:" else {
            self = .memory
            return
        }
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
        self = .file(path: path)
    }
}
