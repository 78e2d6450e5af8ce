import CurlClient
public import Foundation
import HTTPTypes
import Synchronization

/// Several processes of each service on PostgreSQL, behind HAProxy at the ports of a cluster. `Cluster.send` therefore
/// reaches any of them.
///
/// HAProxy asks each process for `/readyz`, and sends a request whose connection fails to another process.
public final class ReplicatedServices: Sendable {
    /// One process of a service.
    public struct Replica: Hashable, Sendable, CustomStringConvertible {
        /// The service.
        public let service: ServiceName
        /// The number of the process among those of its service, from 1.
        public let number: Int
        /// The port of the process itself.
        public let port: Int

        /// The name of the process and of its log, such as `orders-2`.
        public var description: String { "\(service.rawValue)-\(number)" }
    }

    /// The path of HAProxy; `scripts/setup haproxy` installs it.
    public static let balancer = "/usr/sbin/haproxy"

    /// All processes, by service.
    public let replicas: [ServiceName: [Replica]]
    private let cluster: Cluster
    private let databases: [ServiceName: String]
    private let environment: [String: String]
    private let controlPort: Int
    private let programs = Mutex<[Replica: ExternalProgram]>([:])

    /// Starts the processes and HAProxy, and waits until all are ready.
    ///
    /// - Parameters:
    ///   - count: The number of processes of each service.
    ///   - databases: The URL of each service's database.
    ///   - environment: Variables that are added to those of the cluster.
    /// - Throws: `ClusterError` if a process is not ready in time.
    public init(
        of cluster: Cluster, count: Int, databases: [ServiceName: String], environment: [String: String] = [:]
    ) async throws {
        (self.cluster, self.databases, self.environment) = (cluster, databases, environment)
        controlPort = try await cluster.unusedPort()
        var replicas: [ServiceName: [Replica]] = [:]
        for service in databases.keys {
            for number in 1...count {
                let port = try await cluster.unusedPort()
                replicas[service, default: []].append(Replica(service: service, number: number, port: port))
            }
        }
        self.replicas = replicas
        // Login first, so the others do not wait for its feed.
        for service in ServiceName.standard {
            try await withThrowingTaskGroup { group in
                for replica in replicas[service] ?? [] { group.addTask { try await self.start(replica) } }
                try await group.waitForAll()
            }
            if service == .login { try startBalancer() }
        }
        for service in databases.keys { try await waitUntilReady(service.rawValue, at: cluster.port(service)) }
    }

    /// Starts one process and waits until it is ready.
    ///
    /// - Parameter executable: The executable; nil for the service itself.
    public func start(_ replica: Replica, executable: URL? = nil) async throws {
        let executable = executable ?? Cluster.executables.appending(path: replica.service.rawValue)
        var variables = cluster.environment(of: replica.service).merging(environment) { $1 }
        variables["PORT"] = "\(replica.port)"
        variables["PUBLIC_URL"] = cluster.url(replica.service)
        variables["DATABASE_URL"] = databases[replica.service]
        let program = try cluster.startExternalProgram(
            [executable.path], name: "\(replica)", environment: variables)
        programs.withLock { $0[replica] = program }
        try await waitUntilReady("\(replica)", at: replica.port)
    }

    /// Kills one process.
    public func kill(_ replica: Replica) async {
        await programs.withLock { $0[replica] }?.kill()
    }

    /// Stops one process after HAProxy sends it no more requests, starts it again, and lets HAProxy use it again.
    public func restart(_ replica: Replica) async throws {
        try await control("set server \(replica.service.rawValue)/\(replica) state drain")
        // HAProxy counts a connection until the response has left.
        let isDrained = try await eventually {
            try await control("show servers conn \(replica.service.rawValue)").split(separator: "\n")
                .contains { line in
                    let fields = line.split(separator: " ")
                    return fields.first?.hasSuffix("/\(replica)") == true && fields.count > 6 && fields[6] == "0"
                }
        }
        guard isDrained else { throw ClusterError("\(replica) still has connections") }
        let status = await programs.withLock { $0[replica] }?.stop()
        guard status == 0 else { throw ClusterError("\(replica) ends with status \(status ?? -1)") }
        try await start(replica)
        try await control("set server \(replica.service.rawValue)/\(replica) state ready")
        try await waitUntilUsed(replica)
    }

    /// Waits until HAProxy sends requests to a process.
    public func waitUntilUsed(_ replica: Replica) async throws {
        let isUsed = try await eventually {
            try await control("show stat").split(separator: "\n")
                .contains { $0.hasPrefix("\(replica.service.rawValue),\(replica),") && $0.contains(",UP,") }
        }
        guard isUsed else { throw ClusterError("HAProxy does not use \(replica)") }
    }

    /// Runs a command of HAProxy's Runtime API and returns the response.
    @discardableResult
    private func control(_ command: String) async throws -> String {
        let script = "exec 3<>/dev/tcp/127.0.0.1/\(controlPort); echo '\(command)' >&3; cat <&3"
        return try await run(["/bin/bash", "-c", script], in: cluster.directory)
    }

    private func startBalancer() throws {
        let file = cluster.directory.appending(path: "haproxy.cfg")
        let services = replicas.sorted { $0.key.rawValue < $1.key.rawValue }
        let sections = services.map { service, replicas in
            let servers = replicas.map { "    server \($0) 127.0.0.1:\($0.port)\n" }.joined()
            return "listen \(service.rawValue)\n    bind 127.0.0.1:\(cluster.port(service))\n\(servers)"
        }
        try Data((Self.settings(controlPort: controlPort) + sections.joined(separator: "\n")).utf8).write(to: file)
        try cluster.startExternalProgram([Self.balancer, "-db", "-f", file.path], name: "haproxy")
    }

    /// A connection serves one request, so `drain` leaves no idle connections.
    private static func settings(controlPort: Int) -> String {
        """
        global
            stats socket ipv4@127.0.0.1:\(controlPort) level admin
        defaults
            mode http
            option http-server-close
            option redispatch 1
            retries 3
            retry-on conn-failure
            timeout connect 2s
            timeout client 60s
            timeout server 60s
            timeout check 5s
            option httpchk GET /readyz
            default-server check inter 200ms fall 2 rise 1

        """
    }

    private func waitUntilReady(_ name: String, at port: Int) async throws {
        let isReady = try await eventually(within: .seconds(60)) { await cluster.isReady(atPort: port) }
        guard isReady else { throw ClusterError("\(name) is not ready") }
    }
}

extension Cluster {
    /// Whether the service at a port responds to `/readyz` with 200.
    func isReady(atPort port: Int) async -> Bool {
        let response = try? await http.execute(.init(url: "http://localhost:\(port)/readyz", deadline: .seconds(2)))
        return response?.status == 200
    }
}
