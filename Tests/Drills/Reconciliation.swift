import Foundation
import GRDB
import HTTPTypes
import TestSupport

/// Compares the databases of catalog and orders.
struct Reconciliation: Sendable {
    let cluster: Cluster
    /// A token of the customer who orders.
    let customer: String
    /// The folders of databases that are not in the folder of the cluster.
    private let folders: [ServiceName: URL]
    /// The URLs of databases on PostgreSQL that are not those of the cluster.
    private let databases: [ServiceName: String]

    private static let stock = 1_000_000

    /// Prepares a cluster: sets the stock of lamps so high that it does not run out.
    init(
        of cluster: Cluster, in folders: [ServiceName: URL] = [:], databases: [ServiceName: String] = [:]
    ) async throws {
        (self.cluster, self.folders, self.databases) = (cluster, folders, databases)
        customer = try await cluster.token("alice")
        let staff = try await cluster.token("staff")
        let response = try await cluster.send(
            .patch, .catalog, "/products/\(Demo.lamp)", token: staff, json: #"{"stock": \#(Self.stock)}"#)
        guard response.status == 200 else { throw DrillError("staff cannot change the stock: \(response.status)") }
    }

    /// Waits until orders has emptied its outbox. Then requires that each order has a reservation, that each
    /// reservation has an order, and that the stock has decreased by the ordered quantity.
    func check(_ report: Report) async throws {
        let start = ContinuousClock.now
        let isEmpty = try await eventually(within: .seconds(90)) {
            try await ids("SELECT id FROM orders WHERE status = 'pending' UNION SELECT id FROM outbox", of: .orders)
                .isEmpty
        }
        report.require(isEmpty, "orders empties its outbox")
        report.progress("recovered in \((ContinuousClock.now - start).text)")
        let (placed, reserved) = (try await placedOrders(), try await reservations())
        let (unreserved, unordered) = (placed.subtracting(reserved), reserved.subtracting(placed))
        report.figure("\(placed.count) orders and \(reserved.count) reservations")
        report.require(unreserved.isEmpty, "every order has a reservation (\(unreserved.count) have none)")
        report.require(unordered.isEmpty, "every reservation has an order (\(unordered.count) have none)")
        let left = try await cluster.stock()
        report.require(left == Self.stock - placed.count, "the stock is what was not ordered (it is \(left))")
    }

    /// The ids of the orders that are placed and not cancelled.
    func placedOrders() async throws -> Set<String> {
        try await ids("SELECT id FROM orders WHERE status = 'placed'", of: .orders)
    }

    /// The idempotency keys of the orders that are placed and not cancelled.
    func keysOfPlacedOrders() async throws -> Set<String> {
        try await ids("SELECT idempotency_key FROM orders WHERE status = 'placed'", of: .orders)
    }

    private func reservations() async throws -> Set<String> {
        try await ids("SELECT id FROM reservations WHERE released_at IS NULL", of: .catalog)
    }

    private func ids(_ sql: String, of service: ServiceName) async throws -> Set<String> {
        var file = cluster.directory.appending(path: "data/\(service.rawValue).sqlite")
        if let folder = folders[service] {
            file = try copy(of: service, in: folder)
        } else if let url = try databases[service] ?? cluster.databaseURL(service) {
            return Set(try await DatabaseServer.query(sql, at: url, in: cluster))
        }
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: file.path, configuration: configuration)
        return try await database.read { Set(try String.fetchAll($0, sql: sql)) }
    }

    /// Copies a database, because SQLite cannot open it at a path below `/proc` of another process.
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
