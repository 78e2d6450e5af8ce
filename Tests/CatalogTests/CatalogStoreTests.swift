import Database
import Foundation
import ServiceRuntime
import Testing

@testable import CatalogService

@Suite struct CatalogStoreTests {
    let store: CatalogStore
    let lamp = Product(.lamp)
    let chair = Product(.chair)
    let date = Date(timeIntervalSince1970: 1_800_000_000)

    init() async throws {
        store = CatalogStore(
            database: try SQLDatabase.open(DatabaseURL("sqlite::memory:"), migrations: Schema.migrations))
        try await store.add([lamp, chair])
    }

    @Test func `a product is found until it is deleted`() async throws {
        #expect(try await store.product(lamp.id) == lamp)
        #expect(try await store.delete(lamp.id))
        #expect(try await store.product(lamp.id) == nil)
        #expect(try await store.delete(lamp.id) == false)
        #expect(try await store.change(lamp.id, to: ProductFields(stock: 5)) == nil)
    }

    @Test func `a change touches only the fields that it names`() async throws {
        var expected = lamp
        expected.name = "Lamp, green"
        #expect(try await store.change(lamp.id, to: ProductFields(name: "Lamp, green")) == expected)
        #expect(try await store.change(lamp.id, to: ProductFields()) == expected)
        #expect(try await store.product(chair.id) == chair)
    }

    @Test func `adding a product again leaves it as it is, also when it was deleted`() async throws {
        _ = try await store.change(lamp.id, to: ProductFields(stock: 1))
        _ = try await store.delete(chair.id)
        try await store.add([lamp, chair])
        #expect(try await store.product(lamp.id)?.stock == 1)
        #expect(try await store.product(chair.id) == nil)
    }

    @Test func `a reservation takes stock and remembers the price of its moment`() async throws {
        let id = UUID.version7(at: date)
        let made = try await store.reserve(id, Quantities([(lamp.id, 2), (chair.id, 1), (lamp.id, 1)]), at: date)
        #expect(made.isNew)
        #expect(made.reservation.items.map(\.quantity).sorted() == [1, 3])
        _ = try await store.change(lamp.id, to: ProductFields(priceCents: 1))
        let again = try await store.reserve(id, Quantities([(lamp.id, 3), (chair.id, 1)]), at: date)
        #expect(again.isNew == false)
        #expect(again.reservation == made.reservation)
        #expect(again.reservation.items.first { $0.productID == lamp.id }?.priceCents == lamp.priceCents)
        #expect(try await stock() == [7, 4])
    }

    @Test func `when one product is short nothing is reserved, and the id may be used again`() async throws {
        let id = UUID.version7(at: date)
        await #expect(throws: ReservationRefusal.outOfStock([chair.id])) {
            try await store.reserve(id, Quantities([(lamp.id, 1), (chair.id, 6)]), at: date)
        }
        #expect(try await stock() == [10, 5])
        #expect(try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date).isNew)
    }

    @Test func `a product that is unknown or deleted is told apart from one that is short`() async throws {
        _ = try await store.delete(chair.id)
        let unknown = UUID()
        for id in [chair.id, unknown] {
            await #expect(throws: ReservationRefusal.unknownProducts([id])) {
                try await store.reserve(UUID(), Quantities([(lamp.id, 99), (id, 1)]), at: date)
            }
        }
    }

    @Test func `the same id with other items is refused`() async throws {
        let id = UUID()
        _ = try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date)
        for other in [[(lamp.id, 2)], [(chair.id, 1)], [(lamp.id, 1), (chair.id, 1)], []] {
            await #expect(throws: ReservationRefusal.conflict) {
                try await store.reserve(id, Quantities(other), at: date)
            }
        }
        #expect(try await stock() == [9, 5])
    }

    @Test func `a release gives the stock back once`() async throws {
        let id = UUID()
        _ = try await store.reserve(id, Quantities([(lamp.id, 4), (chair.id, 5)]), at: date)
        #expect(try await stock() == [6, 0])
        try await store.release(id, at: date)
        try await store.release(id, at: date)
        #expect(try await stock() == [10, 5])
    }

    @Test(arguments: [true, false])
    func `a reservation that comes after its release is not made`(reservedBefore: Bool) async throws {
        let id = UUID()
        if reservedBefore { _ = try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date) }
        try await store.release(id, at: date)
        await #expect(throws: ReservationRefusal.released) {
            try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date)
        }
        #expect(try await stock() == [10, 5])
    }

    @Test func `fifty reservations of two lamps, some repeated and released, never oversell`() async throws {
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask { [store, date, lamp] in
                    let id = UUID()
                    do {
                        _ = try await store.reserve(id, Quantities([(lamp.id, 2)]), at: date)
                        return try await store.reserve(id, Quantities([(lamp.id, 2)]), at: date).isNew == false
                    } catch ReservationRefusal.outOfStock {
                        try await store.release(id, at: date)
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count(where: \.self) == 5)
        #expect(try await stock() == [0, 5])
    }

    /// The stock of lamp and chair.
    private func stock() async throws -> [Int?] {
        [try await store.product(lamp.id)?.stock, try await store.product(chair.id)?.stock]
    }
}

extension Product {
    enum Sample {
        case lamp, chair
    }

    init(_ sample: Sample) {
        switch sample {
        case .lamp:
            self.init(
                id: UUID(), name: "Lamp", description: "Bright.", priceCents: 2_500, currency: "EUR", stock: 10)
        case .chair:
            self.init(id: UUID(), name: "Chair", description: "", priceCents: 9_900, currency: "EUR", stock: 5)
        }
    }
}
