import Foundation
import Synchronization

/// A PostgreSQL server that keeps what it has committed when it is killed. It belongs to a cluster and ends with it.
///
/// `PostgreSQLServer` is faster, but serves all tests, so nothing may kill it.
public final class DatabaseServer: Sendable {
    /// The folder with the programs of the server.
    public static let programs = PostgreSQLServer.programs

    private let cluster: Cluster
    private let port: Int
    /// The file with the password, without which any program of this machine could use the server.
    private let passwordFile: String
    private let program: Mutex<ExternalProgram?> = Mutex(nil)

    /// Makes and starts a server with one empty database for each service.
    ///
    /// - Parameter settings: Settings of `postgresql.conf`, such as `max_connections = 20`.
    /// - Throws: `ClusterError` if the server does not start.
    public init(in cluster: Cluster, settings: [String] = []) async throws {
        self.cluster = cluster
        port = try await cluster.unusedPort()
        passwordFile = cluster.directory.appending(path: "passwords").path
        let lines = ["listen_addresses = '127.0.0.1'", "port = \(port)", "unix_socket_directories = ''"] + settings
        try await Self.run(
            """
            umask 077
            mkdir database initial
            password=$(openssl rand -hex 16)
            echo "*:*:*:*:$password" >passwords
            echo "$password" >initial/password
            [ "$(id -u)" -ne 0 ] || chown -R nobody database initial
            $as "$bin/initdb" --pgdata=database --username=tests --auth=scram-sha-256 --pwfile=initial/password \
              --encoding=UTF8 --locale=C --no-sync >/dev/null
            rm -r initial
            printf '%s\\n' "$@" >>database/postgresql.conf
            """, lines, in: cluster)
        try await start()
        for service in ServiceName.standard {
            try await execute("CREATE DATABASE \(service.rawValue)", in: "postgres")
        }
    }

    /// The URL of the database of a service.
    ///
    /// - Parameter port: The port of a proxy; nil for the server itself.
    public func url(_ service: ServiceName, port: Int? = nil, options: String = "") -> String {
        url(service.rawValue, port: port ?? self.port, options: options)
    }

    /// The URLs of all databases.
    public func urls(port: Int? = nil, options: String = "") -> [ServiceName: String] {
        .init(uniqueKeysWithValues: ServiceName.standard.map { ($0, url($0, port: port, options: options)) })
    }

    /// The port of the server.
    public var address: String { "127.0.0.1:\(port)" }

    /// Starts the server on its existing data, and waits until it accepts connections.
    public func start() async throws {
        var server = try launch()
        let isReady = try await eventually(within: .seconds(60)) {
            // A killed server leaves processes that end a little later. Until then, another one does not start.
            if !server.isRunning { server = try launch() }
            return (try? await query("SELECT 1", in: "postgres")) == ["1"]
        }
        guard isReady else { throw ClusterError("PostgreSQL is not ready") }
    }

    /// Starts the server on its existing data as one that is not ready: it rejects all connections with SQLSTATE 57P03.
    /// `kill` ends this state.
    public func startUnready() async throws {
        let signal = cluster.directory.appending(path: "database/standby.signal")
        try Data().write(to: signal)
        defer { try? FileManager.default.removeItem(at: signal) }
        var server = try launch(settings: "-c hot_standby=off")
        let isUnready = try await eventually(within: .seconds(60)) {
            if !server.isRunning { server = try launch(settings: "-c hot_standby=off") }
            do {
                _ = try await query("SELECT 1", in: "postgres")
                return false
            } catch {
                return "\(error)".contains("the database system is not accepting connections")
            }
        }
        guard isUnready else { throw ClusterError("PostgreSQL does not wait for a primary") }
    }

    private func launch(settings: String = "") throws -> ExternalProgram {
        let command = "\(Self.user); exec $as \"$0/postgres\" -D database \(settings)"
        let server = try cluster.startExternalProgram(
            ["/bin/sh", "-c", command, Self.programs ?? ""], name: "postgresql")
        program.withLock { $0 = server }
        return server
    }

    /// Kills the server and its processes.
    public func kill() async {
        await program.withLock { $0 }?.kill()
    }

    /// The first column of all rows.
    public func query(_ sql: String, in database: String) async throws -> [String] {
        try await Self.query(sql, at: url(database, port: port), in: cluster)
    }

    /// Runs a statement.
    public func execute(_ sql: String, in database: String) async throws {
        _ = try await query(sql, in: database)
    }

    /// The rows that a statement returns on the database of a URL, one line each.
    public static func query(_ sql: String, at url: String, in cluster: Cluster) async throws -> [String] {
        let command = ["\(programs ?? "")/psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, url]
        return try await TestSupport.run(command, in: cluster.directory).split(separator: "\n").map(String.init)
    }

    private func url(_ database: String, port: Int, options: String = "") -> String {
        let file = "passfile=\(passwordFile)"
        return "postgres://tests@127.0.0.1:\(port)/\(database)?\(options.isEmpty ? file : "\(file)&\(options)")"
    }

    /// The server refuses to run as root, so root starts it as `nobody`.
    private static let user = """
        as=$([ "$(id -u)" -ne 0 ] || echo setpriv --reuid=nobody --regid=nogroup --clear-groups --)
        """

    private static func run(_ script: String, _ arguments: [String], in cluster: Cluster) async throws {
        guard let programs else { throw ClusterError("PostgreSQL 15 is not installed: run scripts/setup postgresql") }
        let path = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"]
        let script = "set -eu; bin=$0; \(user)\n\(script)"
        try await TestSupport.run(
            ["/bin/sh", "-c", script, programs] + arguments, in: cluster.directory, environment: path)
    }
}
