import Database
import Foundation
import Hummingbird
import NIOCore
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite struct OrderStoreTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)
    private let account = UUID().lowercase

    @Test func `no statement works longer because of the orders of others`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = OrderStore(database: database)
            for other in 1...others {
                try await place(in: store, for: UUID().lowercase)
                _ = try await store.useLink("\(other)", until: date + 60, at: date)
            }
            try await doEverything(with: store)
            return database
        }
        #expect(growing == [])
    }

    @Test func `orders have their items in the order of the reservation, a page as well as one alone`() async throws {
        let store = OrderStore(database: try SQLDatabase.open(.inMemory, migrations: Schema.migrations))
        let ids = [
            try await place(in: store, for: account, items: 1), try await place(in: store, for: account, items: 3),
        ]
        let page = try await store.orders(of: account, PageRequest())
        #expect(page.map(\.id) == ids.sorted { $0.lowercase > $1.lowercase })
        for id in ids {
            let alone = try #require(try await store.order(id, of: account))
            let listed = try #require(page.first { $0.id == id })
            #expect(alone.items.map(\.quantity) == Array(1...alone.items.count))
            #expect(listed.items.map(\.quantity) == alone.items.map(\.quantity))
        }
    }

    private func doEverything(with store: OrderStore) async throws {
        let id = try await place(in: store, for: account, key: "key")
        _ = try await store.open(
            .version7(at: date), Basket(lines: []), of: account, key: "key", at: date, leaseUntil: date)
        _ = try await store.order(id, of: account)
        _ = try await store.order(id)
        _ = try await store.orders(of: account, PageRequest())
        _ = try await store.orders(PageRequest(limit: 2))
        _ = try await store.cancel(id, of: account, at: date, leaseUntil: date)
        try await store.abandon(id, at: date, releaseAt: date)
        try await store.abandonExpired(at: date)
        for entry in try await store.takeDueEntries(limit: 1, at: date, leaseUntil: date) {
            try await store.postpone(entry, until: date)
            try await store.finish(entry)
        }
        #expect(try await store.oldestEntryDate() == date)
        _ = try await store.useLink("link", until: date, at: date)
    }

    /// Places an order of so many items.
    @discardableResult
    private func place(
        in store: OrderStore, for account: String, key: String? = nil, items: Int = 1
    ) async throws -> UUID {
        let id = UUID.version7(at: date)
        _ = try await store.open(id, Basket(lines: []), of: account, key: key, at: date, leaseUntil: date)
        let reservation = Reservation(
            items: (1...items).map { Order.Item(productID: UUID(), quantity: $0, name: "Lamp", priceCents: 1) },
            currencies: ["EUR"])
        let total = try #require(reservation.total)
        _ = try await store.place(
            id, reservation, total: total, message: Message(placed: id, reservation, total: total, at: date), at: date)
        return id
    }
}
