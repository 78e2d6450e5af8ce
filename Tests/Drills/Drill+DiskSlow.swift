import Foundation
import GRDB
import TestSupport

extension Drill {
    /// Lets the disk of catalog take long for each page that is not in memory.
    static let diskSlow = Drill(
        "disk-slow",
        """
        While the disk takes half a second for a page that is not in memory, requests that need no such page are not \
        delayed.
        """
    ) { scale, report in
        try checkSQLite(because: "it delays the pages of a file of SQLite")
        try await withCluster(running: [.catalog], environment: ["DATABASE_URL": "sqlite:data/catalog.sqlite"]) {
            cluster in
            let products = try await StoredProducts(in: cluster)
            let disk = try SlowDisk(in: cluster.directory)
            try await cluster.start(.catalog, environment: disk.environment)
            _ = try await cluster.get(.catalog, products.known)
            let time = scale.choose(Duration.seconds(3), .seconds(30))
            let usual = try await cluster.read(products.known) { try await Task.sleep(for: time) }
            report.figure("usually \(usual.count) requests, \(usual.durations.spread)")
            try disk.set(milliseconds: 500)
            report.progress("the disk is slow")
            let (slow, others) = try await slowReads(of: products, in: cluster, for: time)
            report.figure("pages from the disk: \(slow.count) requests, \(slow.durations.spread)")
            report.figure("others: \(others.count) requests, \(others.durations.spread)")
            report.require(slow.count > 0, "the disk is used")
            report.require(slow.durations.quantile(0) > .milliseconds(500), "the disk is slow")
            report.require(
                slow.unexpected + others.unexpected == [],
                "all requests succeed (\((slow.unexpected + others.unexpected).prefix(5)))")
            // If the others waited for the disk too, they would be as few.
            report.require(others.count > 4 * slow.count, "more requests of others succeed meanwhile")
            let limit = scale.limit(.milliseconds(250))
            report.require(others.durations.quantile(0.99) < limit, "99 % of them take less than \(limit.text)")
        }
    }

    /// Reads products that are not in memory, each once, and meanwhile makes requests that need no disk.
    private static func slowReads(
        of products: StoredProducts, in cluster: Cluster, for time: Duration
    ) async throws -> (slow: Tally, others: Tally) {
        let paths = products.paths
        let clients = 4
        var others: Tally?
        let next = Counter()
        let slow = try await underLoad(clients: clients) { _ in
            ("cold", try await cluster.get(.catalog, paths[await next.increment() % paths.count]).status)
        } while: {
            others = try await cluster.read(products.known) { try await Task.sleep(for: time) }
        }
        guard let others else { throw DrillError("the load has no result") }
        return (slow, others)
    }
}

extension Cluster {
    /// Reads a product and the state of catalog until `body` returns.
    fileprivate func read(_ product: String, while body: () async throws -> Void) async throws -> Tally {
        try await TestSupport.underLoad(clients: 2) { client in
            let path = client == 0 ? "/healthz" : product
            return (path, try await self.get(.catalog, path).status)
        } while: {
            try await body()
        }
    }
}

/// A counter that several tasks share.
private actor Counter {
    private var value = 0

    func increment() -> Int {
        value += 1
        return value
    }
}

/// Products in the database of catalog, each on a page of its table that has no other.
private struct StoredProducts {
    /// The path of a product that is read before the disk is slow.
    let known: String
    /// The paths of the other products.
    let paths: [String]

    private static let count = 3_000
    private static let description = String(repeating: "x", count: 3_000)

    /// Adds the products to the database of catalog, which is stopped for this.
    init(in cluster: Cluster) async throws {
        try await cluster.stop(.catalog)
        let ids = (0..<Self.count).map { _ in UUID().uuidString.lowercased() }
        let file = try DatabaseQueue(path: cluster.directory.appending(path: "data/catalog.sqlite").path)
        try await file.write { database in
            for id in ids {
                try database.execute(
                    sql: """
                        INSERT INTO products (id, name, description, price_cents, currency, stock)
                        VALUES (?, 'Lamp', ?, 1, 'EUR', 1)
                        """, arguments: [id, Self.description])
            }
        }
        try file.close()
        let paths = ids.map { "/products/\($0)" }
        known = paths[0]
        self.paths = Array(paths.dropFirst())
    }
}

/// The disk of a process, which the drill makes slow while the process runs.
private struct SlowDisk {
    private let file: URL

    /// Creates the file that the process reads the milliseconds from.
    init(in folder: URL) throws {
        file = folder.appending(path: "slow-disk")
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
    }

    /// The variables of a process with this disk.
    var environment: [String: String] {
        ["LD_PRELOAD": Cluster.executables.appending(path: "libSlowDisk.so").path, "SLOW_DISK_FILE": file.path]
    }

    /// Sets how long the disk takes for a page that is not in memory.
    func set(milliseconds: Int64) throws {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: milliseconds >> (8 * Int64($0))) }
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        // The process maps the file into memory, so it must keep its identity.
        try handle.write(contentsOf: Data(bytes))
    }
}
