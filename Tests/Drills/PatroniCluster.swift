import Foundation
import TestSupport

/// Three PostgreSQL servers that Patroni manages, etcd, and HAProxy in front of the primary, all on loopback.
///
/// Each server has a PID namespace, so killing its Patroni ends all its processes at once, as a power failure does.
struct PatroniCluster {
    private static let etcd = "/usr/bin/etcd"
    private static let patroni = "/usr/bin/patroni"

    /// A server with its Patroni.
    struct Node {
        let name: String
        let port: Int
        let controlPort: Int
        let program: ExternalProgram
    }

    private let cluster: Cluster
    /// The name of the cluster, which PostgreSQL shows in the titles of its processes.
    private let scope: String
    let nodes: [Node]
    let proxy: DatabaseProxy
    /// The file with the password, without which any program of this machine could use the servers.
    private let passwordFile: URL

    /// Skips the drill if a program or a permission is missing.
    static func check() throws {
        try Drill.checkPrograms(ReplicatedServices.balancer, etcd, patroni)
        guard geteuid() == 0 else { throw SkippedDrill(reason: "a PID namespace for each server needs root") }
    }

    /// Starts everything, waits until two standbys stream, and creates an empty database for each service.
    ///
    /// - Parameter timeToLiveSeconds: How long Patroni waits for a primary that does not respond.
    init(in cluster: Cluster, isSynchronous: Bool, timeToLiveSeconds: Int) async throws {
        self.cluster = cluster
        let coordinator = try await cluster.unusedPort()
        scope = "hallpass-\(coordinator)"
        let peer = try await cluster.unusedPort()
        let password = UUID().uuidString
        passwordFile = cluster.directory.appending(path: "passwords")
        try Self.writeSecret("*:*:*:*:\(password)", to: passwordFile)
        try cluster.startExternalProgram(
            [
                Self.etcd, "--data-dir", "etcd", "--listen-client-urls", "http://127.0.0.1:\(coordinator)",
                "--advertise-client-urls", "http://127.0.0.1:\(coordinator)",
                "--listen-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-cluster", "default=http://127.0.0.1:\(peer)",
            ], name: "etcd")
        var nodes: [Node] = []
        for number in 1...3 {
            let (name, port, controlPort) = (
                "node\(number)", try await cluster.unusedPort(), try await cluster.unusedPort()
            )
            let folder = cluster.directory.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            let settings = Self.settings(
                name: name, folder: folder.path, port: port, controlPort: controlPort, coordinator: coordinator,
                password: password, isSynchronous: isSynchronous, timeToLiveSeconds: timeToLiveSeconds)
            let file = folder.appending(path: "patroni.yml")
            try Self.writeSecret(settings, to: file)
            try await run(["/bin/chown", "--recursive", "nobody", name], in: cluster.directory)
            let program = try cluster.startExternalProgram(
                [
                    // setpriv comes last, because a change of the user would clear the signal of --kill-child.
                    "/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/bin/setpriv",
                    "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig=KILL", Self.patroni, file.path,
                ], name: name)
            nodes.append(Node(name: name, port: port, controlPort: controlPort, program: program))
        }
        self.nodes = nodes
        proxy = try await DatabaseProxy(
            to: nodes.map { "127.0.0.1:\($0.port)" }, checkPorts: nodes.map(\.controlPort), in: cluster)
        try await waitUntilStreaming(isSynchronous: isSynchronous)
        for service in ServiceName.standard {
            _ = try await query("CREATE DATABASE \(service.rawValue)", in: "postgres")
        }
    }

    /// The URL of the database of each service, through HAProxy.
    var urls: [ServiceName: String] {
        .init(uniqueKeysWithValues: ServiceName.standard.map { ($0, url($0.rawValue)) })
    }

    private func url(_ database: String) -> String {
        "postgres://tests@127.0.0.1:\(proxy.port)/\(database)?passfile=\(passwordFile.path)"
    }

    /// The rows that a statement returns on the primary.
    func query(_ sql: String, in database: String) async throws -> [String] {
        try await DatabaseServer.query(sql, at: url(database), in: cluster)
    }

    /// The server that accepts writes now.
    func primary() async throws -> Node {
        let port = try await query("SELECT current_setting('port')", in: "postgres").first
        guard let node = nodes.first(where: { "\($0.port)" == port }) else { throw DrillError("there is no primary") }
        return node
    }

    /// Waits until the primary has two standbys, and one synchronous standby if there should be one.
    private func waitUntilStreaming(isSynchronous: Bool) async throws {
        let isStreaming = try await eventually(within: .seconds(90)) {
            let states = try? await query(
                "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'", in: "postgres")
            return states?.count == 2 && (!isSynchronous || states?.contains("sync") == true)
        }
        guard isStreaming else { throw DrillError("the standbys do not stream") }
    }

    /// The history of the commits of login's database, as login names it in the feed.
    func history() async throws -> String {
        try await query("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)", in: "login").first ?? ""
    }

    /// Makes the primary stop sending changes to its standbys, as a cut network does. They stay connected.
    ///
    /// What is committed after the return cannot reach a standby, because only killing the primary ends this state.
    func stopReplication() async throws {
        let script = """
            for process in /proc/[0-9]*; do
              if grep -qs "[p]ostgres: \(scope): walsender" "$process/cmdline"; then
                kill -STOP "${process#/proc/}"
                grep "^State:.*stopped" "$process/status" || true
              fi
            done
            """
        let isStopped = try await eventually {
            let stopped = try await run(["/bin/sh", "-c", script], in: cluster.directory).split(separator: "\n")
            return stopped.count == nodes.count - 1
        }
        guard isStopped else { throw DrillError("the primary does not stop sending changes to its standbys") }
    }

    /// Writes a file that only its owner can read.
    private static func writeSecret(_ text: String, to file: URL) throws {
        let isWritten = FileManager.default.createFile(
            atPath: file.path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw DrillError("cannot write \(file.path)") }
    }

    /// Settings of one Patroni (https://patroni.readthedocs.io/en/latest/yaml_configuration.html).
    private static func settings(
        name: String, folder: String, port: Int, controlPort: Int, coordinator: Int, password: String,
        isSynchronous: Bool, timeToLiveSeconds: Int
    ) -> String {
        """
        scope: hallpass-\(coordinator)
        name: \(name)
        etcd3: {host: "127.0.0.1:\(coordinator)"}
        restapi: {listen: "127.0.0.1:\(controlPort)", connect_address: "127.0.0.1:\(controlPort)"}
        bootstrap:
          dcs:
            ttl: \(timeToLiveSeconds)
            loop_wait: 1
            retry_timeout: \(timeToLiveSeconds / 3)
            maximum_lag_on_failover: 67108864
            synchronous_mode: \(isSynchronous)
            postgresql:
              use_pg_rewind: false
              parameters: {max_connections: 100, shared_buffers: 16MB}
          initdb: [encoding: UTF8, locale: C]
          pg_hba: ["host all all 127.0.0.1/32 scram-sha-256", "host replication replicator 127.0.0.1/32 scram-sha-256"]
        postgresql:
          listen: "127.0.0.1:\(port)"
          connect_address: "127.0.0.1:\(port)"
          data_dir: \(folder)/data
          bin_dir: \(DatabaseServer.programs ?? "")
          pgpass: \(folder)/pgpass
          authentication:
            superuser: {username: tests, password: "\(password)"}
            replication: {username: replicator, password: "\(password)"}
          parameters: {unix_socket_directories: ""}

        """
    }
}
