import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

extension TemporaryFolder {
    /// Calls `body` with the order store on the database of the service in this folder.
    func withStore<Result: Sendable>(_ body: (OrderStore) async throws -> Result) async throws -> Result {
        let database = try SQLDatabase.open(DatabaseURL(databaseURL), migrations: Schema.migrations)
        defer { try? database.close() }
        return try await body(OrderStore(database: database))
    }

    /// The rows of a query on the database of the service in this folder.
    func rows(_ sql: String) async throws -> [Row] {
        try await withStore { store in try await store.database.read { try $0.query(sql) } }
    }

    /// The status of each order in the database of the service in this folder, oldest first.
    func statuses() async throws -> [String] {
        try await rows("SELECT status FROM orders ORDER BY id").map { try $0["status"] }
    }
}

extension OrderStore {
    /// Opens an order of a basket, as a request does that crashes afterwards.
    func openPending(
        _ id: UUID, basket: Basket = Basket(lines: []), of account: UUID = alice, key: String? = nil, at date: Date
    ) async throws {
        _ = try await open(
            id, basket, of: account.lowercase, key: key, at: date, leaseUntil: date.addingTimeInterval(6))
    }

    /// Places an order with so many items, each of another product.
    @discardableResult
    func placeSample(for account: UUID = alice, key: String? = nil, items: Int = 1, at date: Date) async throws -> UUID
    {
        let id = UUID.version7(at: date)
        try await openPending(id, of: account, key: key, at: date)
        let reservation = Reservation(
            items: (1...items).map { .init(productID: UUID(), quantity: $0, name: "Lamp", priceCents: 1) },
            currencies: ["EUR"])
        let total = try #require(reservation.total)
        let message = OrdersService.Message(placed: id, reservation, total: total, at: date)
        _ = try #require(try await place(id, reservation, total: total, message: message, at: date))
        return id
    }
}
