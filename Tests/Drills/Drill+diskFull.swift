import Foundation
import HTTPTypes
import TestSupport

extension Drill {
    /// The disk of a service's data is full.
    static let diskFull = Drill(
        "disk-full",
        """
        While its disk is full a service says so with 507 or 503 and does nothing by halves, what needs no space goes on, and \
        with space again all works and nothing acknowledged is lost.
        """
    ) { form, report in
        try await withCluster(running: []) { cluster in
            let disks = try Dictionary(
                uniqueKeysWithValues: ServiceName.allCases.map { ($0, try SmallDisk(of: $0, in: cluster)) })
            for service in ServiceName.allCases { try await disks[service]?.start() }
            let books = try await Books(of: cluster, in: disks.mapValues { try $0.visibleFolder() })
            for service in form.choose([.orders, .login], ServiceName.allCases) {
                guard let disk = disks[service] else { continue }
                try await fill(disk, books, report)
            }
        }
    }

    private static func fill(_ disk: SmallDisk, _ books: Books, _ report: Report) async throws {
        let (cluster, service) = (books.cluster, disk.service)
        let writer = try await Writer(to: service, of: cluster)
        let checkouts = Checkouts(cluster, books: books)
        var answers: [Int] = []
        let tally = try await checkouts.underLoad(clients: 4) {
            try await Task.sleep(for: .milliseconds(500))
            try disk.fill()
            report.progress("the disk of \(service.rawValue) is full")
            // SQLite goes on for a while in the space that its log has already.
            for _ in 1...200 where answers.count(where: { $0 >= 500 }) < 3 { answers.append(try await writer.write()) }
            try await writer.readAndLogOut(report)
            try disk.clear()
        }
        let refusals = answers.filter { $0 >= 300 }
        // What catalog refuses, orders refuses with 503; what inbox refuses, orders keeps until there is space.
        report.require(service == .inbox || !refusals.isEmpty, "\(service.rawValue) says that its disk is full")
        report.require(
            refusals.allSatisfy { [507, 503].contains($0) }, "there is no other error than 507 and 503: \(refusals)")
        let works = try await writer.write()
        report.require(works < 300, "with space again \(service.rawValue) works: \(works)")
        report.figure("\(service.rawValue) full: \(Set(refusals).sorted()), \(tally)")
        report.require(tally.failures.isEmpty, "every checkout gets an response: \(tally.failures.prefix(3))")
        try await books.recover(report)
        let placed = try await books.placed()
        report.require(placed.isSuperset(of: checkouts.acknowledged.values), "nothing acknowledged is lost")
    }
}

/// Makes requests for which one service has to write.
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

    /// Writes something and returns the status.
    func write() async throws -> Int {
        switch service {
        case .login:
            try await cluster.signUp("n\(UUID().uuidString.lowercased().prefix(20))")
        case .catalog, .orders, .inbox:
            try await cluster.order(token: customer).status
        }
    }

    /// Sees that what needs no space goes on, and that a logout is acknowledged only if it was kept.
    func readAndLogOut(_ report: Report) async throws {
        let status = try await cluster.lookup(service, token: customer)
        report.require(status != 401 && status < 500, "\(service.rawValue) can be read: \(status)")
        let isAcknowledged = try await cluster.send(.post, .login, "/logout", token: leaving).status == 204
        let isOver = try await cluster.lookup(.login, token: leaving) == 401
        report.require(isAcknowledged == isOver, "a logout is acknowledged when it was kept, and only then")
    }
}

/// A disk of a few megabytes for the data of one service, which only that service's process sees.
private struct SmallDisk {
    let service: ServiceName
    let cluster: Cluster
    private let folder: URL

    /// Several times of what SQLite writes before it tidies up, 4 MB.
    private static let size = "16m"

    init(of service: ServiceName, in cluster: Cluster) throws {
        guard geteuid() == 0 else { throw Skipped(reason: "only root may mount a small disk") }
        self.service = service
        self.cluster = cluster
        folder = cluster.directory.appending(path: "small/\(service.rawValue)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Starts the service with its data on the disk, which is mounted for its process alone and goes with it.
    func start() async throws {
        let mount = "mount -t tmpfs -o size=\(Self.size) tmpfs \(folder.path) && exec \"$0\""
        try await cluster.start(
            service, environment: ["DATABASE_URL": "sqlite:\(folder.path)/\(service.rawValue).sqlite"],
            under: ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", mount])
    }

    /// Writes until there is no space left.
    func fill() throws {
        guard FileManager.default.createFile(atPath: try filler().path, contents: nil) else {
            throw DrillError("the disk cannot be filled")
        }
        let file = try FileHandle(forWritingTo: filler())
        for size in [65536, 4096, 1] { while (try? file.write(contentsOf: Data(count: size))) != nil {} }
        try file.close()
    }

    /// Makes space again.
    func clear() throws {
        try FileManager.default.removeItem(at: filler())
    }

    /// The disk's folder as other processes can see it too: through the service's.
    func visibleFolder() throws -> URL {
        URL(filePath: "/proc/\(try cluster.process(service))/root\(folder.path)")
    }

    private func filler() throws -> URL {
        try visibleFolder().appending(path: "filler")
    }
}
