internal import CLibpq
internal import Foundation

/// The URL of a PostgreSQL database, with all options of libpq (https://www.postgresql.org/docs/15/libpq-connect.html).
struct PostgreSQLURL: Sendable, Hashable {
    /// The options of the URL, by their keyword.
    private let options: [String: String]

    /// Parses a URL.
    ///
    /// - Throws: `DatabaseError` with code `invalidURL`. Its message does not repeat the message of libpq, which may
    ///   contain the password.
    init(_ text: String) throws(DatabaseError) {
        guard !text.utf8.contains(0), !Self.hasUnencodedPassword(text), let options = Self.parse(text),
            options["port"].map(Self.areNumbers) ?? true
        else {
            throw DatabaseError(
                .invalidURL,
                """
                libpq cannot read the URL: write postgres://user@host:5432/name?sslmode=verify-full, encode special \
                characters of a password (%2F for /, %40 for @, %3F for ?), and check the names of the options
                """)
        }
        self.options = options
    }

    /// The host, port and name of the database. No user, password or option.
    var publicText: String {
        let host = options["host"] ?? options["hostaddr"] ?? ""
        let encoded =
            host.contains(":")
            ? "[\(host)]" : host.addingPercentEncoding(withAllowedCharacters: Self.hostCharacters) ?? ""
        let port = options["port"].map { ":\($0)" } ?? ""
        return "postgres://\(encoded)\(port)/\(options["dbname"] ?? "")"
    }

    private static let hostCharacters = CharacterSet.urlHostAllowed.subtracting(CharacterSet(charactersIn: "/"))

    /// The keywords and values with which a connection is opened.
    var parameters: [String: String] {
        // The URL may replace these values.
        var parameters = Self.defaults.merging(options) { $1 }
        // The server reads the last value of a setting, so the URL may replace the default settings only.
        parameters["options"] = [
            Self.defaultSettings.map { "-c \($0)" }.joined(separator: " "), options["options"],
            Self.requiredSettings.map { "-c \($0)" }.joined(separator: " "),
        ].compactMap(\.self).joined(separator: " ")
        parameters["client_encoding"] = "UTF8"
        return parameters
    }

    private static let defaults = [
        "connect_timeout": "3",
        "fallback_application_name": ProcessInfo.processInfo.processName,
        // The operating system reports a connection as lost when the machine of the server has acknowledged nothing for about
        // 5 seconds, which it does also while a statement takes long.
        "keepalives": "1", "keepalives_idle": "2", "keepalives_interval": "1", "keepalives_count": "3",
        "tcp_user_timeout": "5000",
    ]

    /// The settings of each session that the URL may replace. Times are milliseconds.
    private static let defaultSettings = [
        "statement_timeout=5000", "lock_timeout=4000", "idle_in_transaction_session_timeout=10000",
    ]

    /// Whether the URL itself says how long a commit waits.
    var setsCommit: Bool { options["options"]?.contains("synchronous_commit") ?? false }

    /// A statement after which a commit waits until the change is on disk. The setting `remote_apply` of the server, which
    /// waits longer than `on`, stays.
    ///
    /// - Parameter isLocal: Whether it applies to the transaction only, not to the session.
    static func durableCommit(isLocal: Bool) -> String {
        """
        SELECT set_config('synchronous_commit', 'on', \(isLocal)) WHERE current_setting('synchronous_commit') <> 'remote_apply'
        """
    }

    /// The settings on which `PostgreSQLConnection` and `PostgreSQLResult` depend.
    private static let requiredSettings = [
        "bytea_output=hex", "standard_conforming_strings=on", "client_min_messages=warning",
    ]

    /// Statements that make these settings for one transaction, because a pooler drops `options`. The URL can replace none
    /// of them there.
    static let transactionSettings = """
        \((defaultSettings + requiredSettings).map { "SET LOCAL \($0)" }.joined(separator: "; ")); \
        \(durableCommit(isLocal: true))
        """

    /// Whether a password seems to contain `/` or `@`. libpq would read a part of it as the host or the port, and its errors
    /// would show that.
    private static func hasUnencodedPassword(_ text: String) -> Bool {
        guard let scheme = text.firstRange(of: "://") else { return false }
        let rest = text[scheme.upperBound...].prefix { $0 != "?" }
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count > 2 || parts.count == 2 && parts[0].contains("/")
    }

    /// Whether the text is a list of ports. The password of a URL without a host would otherwise be one.
    private static func areNumbers(_ ports: String) -> Bool {
        ports.split(separator: ",").allSatisfy { UInt16($0) != nil }
    }

    private static func parse(_ text: String) -> [String: String]? {
        guard let list = unsafe PQconninfoParse(text, nil) else { return nil }
        defer { unsafe PQconninfoFree(list) }
        var options: [String: String] = [:]
        var next = unsafe list
        while let keyword = unsafe next.pointee.keyword {
            if let value = unsafe next.pointee.val {
                unsafe options[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe next += 1
        }
        return options
    }
}
