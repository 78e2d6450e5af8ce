import Foundation
import Synchronization

/// A private PostgreSQL server in a temporary folder, reachable through a socket only. It ends with the process of the
/// tests, even if that crashes.
public final class PostgreSQLServer: Sendable {
    /// The server of this process, which starts at its first use.
    public static let shared = Result { try PostgreSQLServer() }

    /// Whether this machine has PostgreSQL 15 or later.
    public static var isInstalled: Bool { programs != nil }

    /// The server could not be started.
    public struct StartError: Error, CustomStringConvertible {
        /// A sentence for the log of the tests.
        public let description: String
    }

    /// The folder with the programs of the latest installed version; nil if there is no PostgreSQL 15 or later.
    public static let programs: String? = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        guard let latest = versions.compactMap(Int.init).max(), latest >= 15 else { return nil }
        return "\(root)/\(latest)/bin"
    }()

    /// Starts a server that lives as long as this script has a standard input, then removes its files.
    ///
    /// The server refuses to run as root, so root starts it as `nobody`. Durability is off, because no test cuts the power.
    private static let script = """
        set -eu
        trap '' INT TERM
        bin=$1
        as=$([ "$(id -u)" -ne 0 ] || echo setpriv --reuid=nobody --regid=nogroup --clear-groups --)
        folder=$(mktemp -d /tmp/hallpass-postgresql-XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        cd "$folder"
        [ -z "$as" ] || chown nobody "$folder"
        $as "$bin/initdb" --pgdata=data --username=tests --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 \
          --locale=C --no-sync >initdb.log
        cat >>data/postgresql.conf <<END
        listen_addresses = ''
        unix_socket_directories = '$folder'
        max_connections = 400
        shared_buffers = 32MB
        fsync = off
        full_page_writes = off
        autovacuum = off
        END
        echo 'host all all samenet scram-sha-256' >>data/pg_hba.conf
        shift
        printf '%s\\n' "$@" >>data/postgresql.conf
        $as "$bin/pg_ctl" start --pgdata=data --log=server.log --wait --silent
        echo "$folder"
        "$bin/psql" --no-psqlrc --quiet --host="$folder" --username=tests --dbname=postgres
        $as "$bin/pg_ctl" stop --pgdata=data --mode=immediate --silent
        """

    private let process = Process()
    private let console: Mutex<Console>
    /// The folder with the socket of the server.
    public let folder: String

    /// Starts a server of the latest installed version.
    ///
    /// - Parameters:
    ///   - settings: Further lines of `postgresql.conf`, such as `listen_addresses = '127.0.0.2'`.
    ///   - port: The port of these addresses.
    ///   - wrapper: A command that gets another command as its last arguments and runs it.
    /// - Throws: `StartError` if PostgreSQL is not installed or does not start.
    public init(settings: [String] = [], port: Int = 5432, under wrapper: [String] = []) throws {
        guard let programs = Self.programs else {
            throw StartError(description: "PostgreSQL 15 is not installed: run scripts/setup postgresql")
        }
        let (input, output) = (Pipe(), Pipe())
        let command = wrapper + ["/bin/sh", "-c", Self.script, "sh", programs] + settings
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "PGPORT": "\(port)",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.launchAlone()
        var console = Console(input: input.fileHandleForWriting, output: output.fileHandleForReading)
        folder = try console.readLine()
        self.console = Mutex(console)
    }

    /// The URL of a database that exists as long as a folder. The first call for the folder and the name makes it.
    ///
    /// A database whose folder is gone is emptied and renamed, because that is faster than creating another one.
    func databaseURL(_ name: String, of folder: TemporaryFolder) throws -> String {
        let database = "\(folder.url.lastPathComponent)-\(name)"
        try console.withLock { console in
            guard console.databases[database] == nil else { return }
            let former = console.databases.first { !FileManager.default.fileExists(atPath: $0.value) }?.key
            if let former { console.databases[former] = nil }
            if let former, (try? console.rename(former, to: database)) != nil {
                try console.run("ALTER DATABASE \"\(database)\" RESET ALL")
                try console.run(
                    "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public", in: database)
            } else {
                try console.run("CREATE DATABASE \"\(database)\" TEMPLATE template0 STRATEGY file_copy")
            }
            console.databases[database] = folder.path
        }
        return url(database: database)
    }

    /// The URL of a database of this server.
    public func url(database: String, options: String = "") -> String {
        "postgres://tests@/\(database)?host=\(folder)\(options)"
    }

    /// Sets and returns the password without which the server accepts no connection to an address. Any program of this
    /// machine reaches the address.
    ///
    /// - Throws: `StartError` if the statement fails.
    public func setPassword() throws -> String {
        let password = UUID().uuidString
        try run("ALTER USER tests PASSWORD '\(password)'")
        return password
    }

    /// Runs a statement as superuser, outside of a transaction.
    ///
    /// - Throws: `StartError` if the statement fails.
    public func run(_ sql: String, in database: String = "postgres") throws {
        try console.withLock { try $0.run(sql, in: database) }
    }

    /// Standard input and output of `psql`.
    private struct Console: ~Copyable {
        let input: FileHandle
        let output: FileHandle
        private var unread = Data()
        /// The databases that were created, with the path of their folder.
        var databases: [String: String] = [:]

        init(input: FileHandle, output: FileHandle) {
            self.input = input
            self.output = output
        }

        /// Renames a database, unless a client connects to it again and again.
        mutating func rename(_ former: String, to name: String) throws {
            try run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '\(former)'")
            try run("ALTER DATABASE \"\(former)\" RENAME TO \"\(name)\"")
        }

        mutating func run(_ sql: String, in database: String = "postgres") throws {
            let lines = [#"\connect "\#(database)""#, "\(sql);", #"\echo result :ERROR"#, #"\connect postgres"#]
            try input.write(contentsOf: Data(lines.map { "\($0)\n" }.joined().utf8))
            while true {
                switch try readLine() {
                case "result false": return
                case "result true": throw StartError(description: "The statement failed: \(sql)")
                default: continue
                }
            }
        }

        mutating func readLine() throws -> String {
            while true {
                if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { unread = unread[(end + 1)...] }
                    return String(decoding: unread[..<end], as: UTF8.self)
                }
                let data = output.availableData
                guard !data.isEmpty else {
                    throw StartError(description: "The PostgreSQL server of the tests did not start, or has ended")
                }
                unread += data
            }
        }
    }
}
