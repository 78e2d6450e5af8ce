import Foundation
import HTTPTypes
import TestSupport

extension Drill {
    /// Fills the disk that holds the data of a service.
    static let diskFull = Drill(
        "disk-full",
        """
        While its disk is full, a service responds with 507 or 503 and leaves nothing half done, and requests that need no \
        space succeed. With space again, everything works and nothing acknowledged is lost.
        """
    ) { scale, report in
        try checkSQLite(because: "it fills the disk of a file of SQLite; DatabaseTests fills that of PostgreSQL")
        try await withCluster(running: []) { cluster in
            let disks = try Dictionary(
                uniqueKeysWithValues: ServiceName.standard.map { ($0, try SmallDisk(of: $0, in: cluster)) })
            for service in ServiceName.standard { try await disks[service]?.start() }
            let reconciliation = try await Reconciliation(of: cluster, in: disks.mapValues { try $0.visibleFolder() })
            for service in scale.choose([.orders, .login], ServiceName.shop) {
                guard let disk = disks[service] else { continue }
                try await fill(disk, reconciliation, report)
            }
        }
    }

    private static func fill(_ disk: SmallDisk, _ reconciliation: Reconciliation, _ report: Report) async throws {
        let (cluster, service) = (reconciliation.cluster, disk.service)
        let writer = try await Writer(to: service, of: cluster)
        let checkouts = Checkouts(reconciliation)
        var statuses: [Int] = []
        let tally = try await checkouts.underLoad(clients: 4) {
            try await Task.sleep(for: .milliseconds(500))
            try disk.fill()
            report.progress("the disk of \(service.rawValue) is full")
            // SQLite first uses the space that its write-ahead log already has.
            for _ in 1...200 where statuses.count(where: { $0 >= 500 }) < 3 {
                statuses.append(try await writer.write())
            }
            try await writer.readAndLogOut(report)
            try disk.clear()
        }
        let errors = statuses.filter { $0 >= 300 }
        // Orders responds with 503 if catalog has no space, and keeps messages until inbox has space.
        report.require(service == .inbox || !errors.isEmpty, "\(service.rawValue) reports that its disk is full")
        report.require(
            errors.allSatisfy { [507, 503].contains($0) }, "all errors are 507 or 503 (they are \(errors))")
        let status = try await writer.write()
        report.require(status < 300, "\(service.rawValue) works again with space (it responds with \(status))")
        report.figure("\(service.rawValue) full: \(Set(errors).sorted()), \(tally)")
        report.require(tally.failures.isEmpty, "every checkout gets a response (\(tally.failures.prefix(3)))")
        try await reconciliation.check(report)
        let placed = try await reconciliation.placedOrders()
        report.require(placed.isSuperset(of: checkouts.acknowledged.values), "no acknowledged order is lost")
    }
}

/// Sends requests that make one service write.
private struct Writer {
    let service: ServiceName
    let cluster: Cluster
    private let customer: String
    private let leaving: String

    init(to service: ServiceName, of cluster: Cluster) async throws {
        self.service = service
        self.cluster = cluster
        customer = try await cluster.token("bob")
        leaving = try await cluster.token("bob")
    }

    /// Sends a request that writes, and returns the status.
    func write() async throws -> Int {
        switch service {
        case .login:
            try await cluster.signUp("n\(UUID().uuidString.lowercased().prefix(20))")
        default:
            try await cluster.order(token: customer).status
        }
    }

    /// Requires that reading works and that a logout is acknowledged if and only if it was stored.
    func readAndLogOut(_ report: Report) async throws {
        let status = try await cluster.status(of: service, token: customer)
        report.require(status != 401 && status < 500, "\(service.rawValue) can be read (it responds with \(status))")
        let isAcknowledged = try await cluster.send(.post, .login, "/logout", token: leaving).status == 204
        let isOver = try await cluster.status(of: .login, token: leaving) == 401
        report.require(isAcknowledged == isOver, "a logout is acknowledged if and only if it was stored")
    }
}

/// A disk of a few megabytes for the data of one service. Only the process of that service sees it.
private struct SmallDisk {
    let service: ServiceName
    let cluster: Cluster
    private let folder: URL

    /// Several times the 4 MB after which SQLite moves its write-ahead log into the database.
    private static let size = "16m"

    init(of service: ServiceName, in cluster: Cluster) throws {
        guard geteuid() == 0 else { throw SkippedDrill(reason: "mounting a small disk needs root") }
        self.service = service
        self.cluster = cluster
        folder = cluster.directory.appending(path: "small/\(service.rawValue)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Starts the service with its data on the disk, which is mounted only for its process and disappears with it.
    func start() async throws {
        let mount = "mount -t tmpfs -o size=\(Self.size) tmpfs \(folder.path) && exec \"$0\""
        try await cluster.start(
            service, environment: ["DATABASE_URL": "sqlite:\(folder.path)/\(service.rawValue).sqlite"],
            under: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount])
    }

    /// Writes a file until no space is left.
    func fill() throws {
        guard FileManager.default.createFile(atPath: try filler().path, contents: nil) else {
            throw DrillError("the disk cannot be filled")
        }
        let file = try FileHandle(forWritingTo: filler())
        for size in [65536, 4096, 1] { while (try? file.write(contentsOf: Data(count: size))) != nil {} }
        try file.close()
    }

    /// Removes the file that `fill` wrote.
    func clear() throws {
        try FileManager.default.removeItem(at: filler())
    }

    /// The folder of the disk at a path that other processes can open: below `/proc` of the service.
    func visibleFolder() throws -> URL {
        URL(filePath: "/proc/\(try cluster.process(service))/root\(folder.path)")
    }

    private func filler() throws -> URL {
        try visibleFolder().appending(path: "filler")
    }
}
