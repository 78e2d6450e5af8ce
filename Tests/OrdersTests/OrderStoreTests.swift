import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite struct OrderStoreTests {
    private let date = TestClock().now
    private let folder: TemporaryFolder
    private let store: OrderStore

    init() throws {
        folder = try TemporaryFolder()
        store = OrderStore(
            database: try SQLDatabase.open(DatabaseURL(folder.databaseURL), migrations: Schema.migrations))
    }

    @Test func `no statement takes longer because of the orders of other customers`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = OrderStore(database: database)
            for other in 1...others {
                try await store.placeSample(for: UUID(), at: date)
                _ = try await store.useLink("\(other)", keepUntil: date + 60, at: date)
            }
            try await callEveryMethod(of: store)
            return database
        }
        #expect(growing == [])
    }

    private func callEveryMethod(of store: OrderStore) async throws {
        let account = alice.lowercase
        let id = try await store.placeSample(key: "key", at: date)
        _ = try await store.open(
            .version7(at: date), Basket(lines: []), of: account, key: "key", at: date, leaseUntil: date)
        _ = try await store.order(id, of: account)
        _ = try await store.order(id)
        _ = try await store.orders(of: account, PageRequest())
        _ = try await store.orders(PageRequest(limit: 2))
        _ = try await store.cancel(id, of: account, at: date, leaseUntil: date)
        try await store.abandon(id, at: date, releaseAt: date)
        try await store.abandonExpired(at: date)
        for entry in try await store.takeDueEntries(.message, limit: 1, at: date, leaseUntil: date) {
            try await store.postpone(entry, until: date)
            try await store.finish(entry)
        }
        #expect(try await store.oldestEntry()?.createdAt == date)
        _ = try await store.useLink("link", keepUntil: date, at: date)
    }

    @Test func `an order has its items in the order of the reservation, alone and in a list`() async throws {
        let ids = [
            try await store.placeSample(items: 1, at: date), try await store.placeSample(items: 3, at: date + 1),
        ]
        let page = try await store.orders(of: alice.lowercase, PageRequest())
        #expect(page.map(\.id) == ids.reversed())
        for id in ids {
            let alone = try #require(try await store.order(id, of: alice.lowercase))
            let listed = try #require(page.first { $0.id == id })
            #expect(alone.items.map(\.quantity) == Array(1...alone.items.count))
            #expect(listed.items.map(\.quantity) == alone.items.map(\.quantity))
        }
    }

    @Test func `an abandoned order cannot be placed, and a placed order cannot be abandoned`() async throws {
        let abandoned = UUID.version7(at: date)
        try await store.openPending(abandoned, at: date)
        try await store.abandon(abandoned, at: date, releaseAt: date)
        let reservation = Reservation(
            items: [.init(productID: UUID(), quantity: 1, name: "Lamp", priceCents: 1)], currencies: ["EUR"])
        let total = Money(cents: 1, currency: "EUR")
        let message = OrdersService.Message(placed: abandoned, reservation, total: total, at: date)
        #expect(try await store.place(abandoned, reservation, total: total, message: message, at: date) == nil)

        let placed = try await store.placeSample(at: date)
        try await store.abandon(placed, at: date, releaseAt: date)
        try await store.abandonExpired(at: date + 100)
        #expect(try await store.order(placed, of: alice.lowercase)?.status == .placed)
        #expect(try await store.countEntries() == 2)
    }

    @Test func `an order that is abandoned twice is released once`() async throws {
        let id = UUID.version7(at: date)
        try await store.openPending(id, at: date)
        for _ in 1...2 { try await store.abandon(id, at: date, releaseAt: date) }
        try await store.abandonExpired(at: date + 100)
        let entries = try await store.takeDueEntries(.release, limit: 10, at: date, leaseUntil: date + 15)
        #expect(entries.map(\.order) == [id])
        #expect(entries.map(\.account) == [alice.lowercase])
        guard case .release = entries.first?.call else {
            Issue.record("\(entries)")
            return
        }
    }

    @Test func `the outbox counts its entries and knows its oldest one`() async throws {
        #expect(try await store.countEntries() == 0)
        #expect(try await store.oldestEntry()?.id == nil)
        for seconds in [20.0, 10, 30] { try await store.placeSample(at: date + seconds) }
        #expect(try await store.countEntries() == 3)
        #expect(try await store.oldestEntry()?.createdAt == date + 10)
    }
}
