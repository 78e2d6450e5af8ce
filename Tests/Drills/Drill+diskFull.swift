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
        let session = try await cluster.signIn("bob").decoded(as: Grant.self)
        let checkouts = Checkouts(cluster, books: books)
        var refusals: [Int] = []
        let tally = try await checkouts.underLoad(clients: 4) {
            try await Task.sleep(for: .milliseconds(500))
            try disk.fill()
            report.progress("the disk of \(service.rawValue) is full")
            for _ in 1...5 { refusals.append(try await cluster.write(at: service, token: session.accessToken)) }
            let readable = try await cluster.lookup(service, token: session.accessToken)
            report.require(readable != 401 && readable < 500, "\(service.rawValue) can be read: \(readable)")
            try disk.clear()
        }
        let said = refusals.filter { [507, 503].contains($0) }
        report.require(!said.isEmpty, "\(service.rawValue) says that its disk is full: \(refusals)")
        report.require(
            refusals.allSatisfy { $0 < 300 || [507, 503].contains($0) },
            "\(service.rawValue): no other error: \(refusals)")
        let works = try await cluster.write(at: service, token: session.accessToken)
        report.require(works < 300, "with space again \(service.rawValue) works: \(works)")
        report.figure("\(service.rawValue) full: \(Set(refusals).sorted()), \(tally)")
        report.require(tally.failures.isEmpty, "every checkout gets an answer: \(tally.failures.prefix(3))")
        try await books.recover(report)
        let placed = try await books.placed()
        report.require(placed.isSuperset(of: checkouts.acknowledged.values), "nothing acknowledged is lost")
    }
}

extension Cluster {
    /// Makes a request that a service has to write for, and returns the status.
    fileprivate func write(at service: ServiceName, token: String) async throws -> Int {
        switch service {
        case .login: try await signUp("n\(UUID().uuidString.lowercased().prefix(20))")
        case .orders: try await order(token: token).status
        case .catalog:
            try await send(
                .post, .catalog, "/products", token: self.token("staff"),
                json: #"{"name": "Rug", "description": "Soft.", "price_cents": 100, "currency": "EUR", "stock": 1}"#
            ).status
        case .inbox:
            // What comes to inbox comes from orders, which tries again until it is there.
            try await order(token: token).status
        }
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
