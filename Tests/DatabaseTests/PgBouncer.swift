import Database
import Foundation
import TestSupport

/// A PgBouncer in front of a `PostgreSQLServer`, reachable through a socket only. It ends with the process of the tests.
final class PgBouncer {
    /// Whether this machine has the program.
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/pgbouncer")

    /// Runs as long as the script has a standard input. PgBouncer refuses to run as root.
    private static let script = """
        set -eu
        trap '' INT TERM
        as=$([ "$(id -u)" -ne 0 ] || echo setpriv --reuid=nobody --regid=nogroup --clear-groups --)
        folder=$(mktemp -d /tmp/hallpass-pgbouncer-XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        cd "$folder"
        cat >pgbouncer.ini <<END
        [databases]
        * = host=$1 user=tests
        [pgbouncer]
        unix_socket_dir = $folder
        listen_port = 5432
        auth_type = any
        END
        shift
        printf '%s\\n' "$@" >>pgbouncer.ini
        [ -z "$as" ] || chown -R nobody "$folder"
        $as /usr/sbin/pgbouncer -q pgbouncer.ini >log 2>&1 &
        until [ -S .s.PGSQL.* ]; do kill -0 $!; sleep 0.02; done
        echo "$folder"
        cat
        kill -KILL $!
        """

    private let process = Process()
    /// The script ends when this pipe closes.
    private let input = Pipe()
    private let folder: String

    /// Starts PgBouncer.
    ///
    /// - Parameter settings: Lines of its section `pgbouncer`, such as `pool_mode = transaction`.
    /// - Throws: `CocoaError` if it does not start.
    init(of server: PostgreSQLServer, settings: [String]) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, "sh", server.folder] + settings
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        process.standardInput = input
        process.standardOutput = output
        try process.launchAlone()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard line.hasSuffix("\n") else {
            throw CocoaError(.fileReadUnknown)
        }
        folder = String(line.dropLast())
    }

    /// The URL of a database of the server.
    func url(database: String) throws -> DatabaseURL {
        try DatabaseURL("postgres://tests@/\(database)?host=\(folder)")
    }
}
