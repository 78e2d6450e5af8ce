import Foundation

/// A hot standby of a `PostgreSQLServer`: a server that follows the primary and accepts reads only. It ends with the
/// process of the tests.
public final class PostgreSQLStandby: Sendable {
    private static let script = """
        set -eu
        trap '' INT TERM
        bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        as=$([ "$(id -u)" -ne 0 ] || echo setpriv --reuid=nobody --regid=nogroup --clear-groups --)
        folder=$(mktemp -d /tmp/hallpass-postgresql-XXXXXX)
        trap 'rm -rf "$folder"' EXIT
        cd "$folder"
        [ -z "$as" ] || chown nobody "$folder"
        $as "$bin/pg_basebackup" --host="$1" --username=tests --pgdata=data $2 --checkpoint=fast --no-sync
        echo "unix_socket_directories = '$folder'" >>data/postgresql.conf
        $as "$bin/pg_ctl" start --pgdata=data --log=server.log --wait --silent
        echo "$folder"
        cat
        $as "$bin/pg_ctl" stop --pgdata=data --mode=immediate --silent
        """

    private let process = Process()
    /// The script ends when this pipe closes.
    private let input = Pipe()
    /// The folder with the socket of the standby.
    private let folder: String

    /// Copies the primary and starts to follow it.
    ///
    /// - Parameter follows: Whether it follows the primary. Otherwise the copy accepts changes, as a restored snapshot does.
    /// - Throws: `PostgreSQLServer.StartError` if the standby does not start.
    public init(of primary: PostgreSQLServer, follows: Bool = true) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script, "sh", primary.folder, follows ? "--write-recovery-conf" : ""]
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"]
        process.standardInput = input
        process.standardOutput = output
        try process.launchAlone()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard line.hasSuffix("\n") else {
            throw PostgreSQLServer.StartError(description: "The standby of the tests did not start")
        }
        folder = String(line.dropLast())
    }

    /// The URL of a database of the standby.
    public func url(database: String) -> String {
        "postgres://tests@/\(database)?host=\(folder)"
    }
}
