import Foundation
import GRDB
import HTTPTypes
import TestSupport

/// What catalog and orders have in their databases, side by side.
struct Books: Sendable {
    let cluster: Cluster
    /// A token of a customer who orders.
    let customer: String
    /// The folders of the databases, where they are not in the cluster's own.
    private let folders: [ServiceName: URL]

    private static let stock = 1_000_000

    /// The books of a cluster, whose lamps are made so many that they do not run out.
    init(of cluster: Cluster, in folders: [ServiceName: URL] = [:]) async throws {
        self.cluster = cluster
        self.folders = folders
        customer = try await cluster.token("alice")
        let staff = try await cluster.token("staff")
        let response = try await cluster.send(
            .patch, .catalog, "/products/\(Demo.lamp)", token: staff, json: #"{"stock": \#(Self.stock)}"#)
        guard response.status == 200 else { throw DrillError("staff cannot fill the stock: \(response.status)") }
    }

    /// Waits until orders has nothing left to tell, and says whether the books agree: no order without its reservation, no
    /// reservation without its order, and the stock is what is left.
    func recover(_ report: Report) async throws {
        let start = ContinuousClock.now
        let isQuiet = try await eventually(within: .seconds(90)) {
            try await ids("SELECT id FROM orders WHERE status = 'pending' UNION SELECT id FROM outbox", of: .orders)
                .isEmpty
        }
        report.require(isQuiet, "orders has emptied its outbox")
        report.progress("recovered in \((ContinuousClock.now - start).text)")
        let (placed, reserved) = (try await placed(), try await reserved())
        let (lonelyOrders, lonelyReservations) = (placed.subtracting(reserved), reserved.subtracting(placed))
        report.figure("\(placed.count) orders and \(reserved.count) reservations")
        report.require(lonelyOrders.isEmpty, "no order is without its reservation, but \(lonelyOrders.count) are")
        report.require(
            lonelyReservations.isEmpty, "no reservation is without its order, but \(lonelyReservations.count) are")
        let left = try await cluster.stock()
        report.require(left == Self.stock - placed.count, "the stock is what was not ordered, not \(left)")
    }

    /// The orders that stand: placed, not cancelled.
    func placed() async throws -> Set<String> {
        try await ids("SELECT id FROM orders WHERE status = 'placed'", of: .orders)
    }

    /// The idempotency keys under which orders were placed.
    func keys() async throws -> Set<String> {
        try await ids("SELECT idempotency_key FROM orders WHERE status = 'placed'", of: .orders)
    }

    private func reserved() async throws -> Set<String> {
        try await ids("SELECT id FROM reservations WHERE released_at IS NULL", of: .catalog)
    }

    private func ids(_ sql: String, of service: ServiceName) async throws -> Set<String> {
        var file = cluster.directory.appending(path: "data/\(service.rawValue).sqlite")
        if let folder = folders[service] { file = try copy(of: service, in: folder) }
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: file.path, configuration: configuration)
        return try await database.read { Set(try String.fetchAll($0, sql: sql)) }
    }

    /// A copy of a database, since SQLite does not find a file through the folder of another process.
    private func copy(of service: ServiceName, in folder: URL) throws -> URL {
        let copies = cluster.directory.appending(path: "copies")
        try? FileManager.default.removeItem(at: copies)
        try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
        for name in ["\(service.rawValue).sqlite", "\(service.rawValue).sqlite-wal"] {
            try Data(contentsOf: folder.appending(path: name)).write(to: copies.appending(path: name))
        }
        return copies.appending(path: "\(service.rawValue).sqlite")
    }
}
