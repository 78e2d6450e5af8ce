import Foundation
import TestSupport
import Testing

@Suite(.enabled(if: ServiceName.exist([.catalog]))) struct IdleConnectionTests {
    private struct Cost: Decodable {
        let connections: Int
        let refused: Int
        let bytesEach: Int
        let p99MsWithConnections: Double?
    }

    @Test func `idle connections take little memory, and other requests succeed`() async throws {
        try await withCluster(running: [.catalog]) { cluster in
            let program = Cluster.project.appending(path: "Benchmarks/idle.py").path
            let result = try await run(
                ["/usr/bin/python3", program, "\(cluster.port(.catalog))", "\(cluster.process(.catalog))", "2000"],
                in: cluster.directory)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let cost = try decoder.decode(Cost.self, from: Data(result.utf8))
            #expect(cost.connections == 2000)
            #expect(cost.refused == 0)
            #expect(cost.p99MsWithConnections != nil)
            // A debug build takes more than a release build.
            #expect(cost.bytesEach < 20_000)
        }
    }

    @Test func `a service raises its limit of open files, and takes fewer connections if that is not enough`()
        async throws
    {
        try await withCluster(running: []) { cluster in
            try await cluster.start(.catalog, under: ["/usr/bin/prlimit", "--nofile=1024:4096"])
            let limits = try String(contentsOfFile: "/proc/\(cluster.process(.catalog))/limits", encoding: .utf8)
            let openFiles = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
            #expect(openFiles?.split(separator: " ").dropFirst(3).prefix(2) == ["4096", "4096"])
            #expect(try cluster.log(.catalog).contains("connections=3840"))
        }
    }
}
