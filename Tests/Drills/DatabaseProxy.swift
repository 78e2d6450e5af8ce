import Foundation
import TestSupport

/// HAProxy between services and PostgreSQL servers.
struct DatabaseProxy {
    /// The port at which services reach the server.
    let port: Int
    let program: ExternalProgram

    /// Starts the proxy, and waits until it accepts connections.
    ///
    /// - Parameters:
    ///   - servers: The addresses of the servers.
    ///   - checkPorts: For each server the port of Patroni, which says whether the server is the primary; nil to use the
    ///     servers without a check.
    init(to servers: [String], checkPorts: [Int]? = nil, in cluster: Cluster) async throws {
        port = try await cluster.unusedPort()
        let lines = servers.enumerated().map { index, address in
            "    server node\(index + 1) \(address) \(checkPorts.map { "check port \($0[index])" } ?? "")"
        }
        let settings = """
            defaults
                mode tcp
                timeout connect 2s
                timeout client 10m
                timeout server 10m
            listen database
                bind 127.0.0.1:\(port)
                \(checkPorts == nil ? "" : "option httpchk GET /primary")
                default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
            \(lines.joined(separator: "\n"))

            """
        let file = cluster.directory.appending(path: "database-proxy.cfg")
        try Data(settings.utf8).write(to: file)
        program = try cluster.startExternalProgram(
            [ReplicatedServices.balancer, "-db", "-f", file.path], name: "database-proxy")
        let connect = ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]
        let isListening = try await eventually { (try? await run(connect, in: cluster.directory)) != nil }
        guard isListening else { throw DrillError("the proxy of the database does not listen") }
    }
}
