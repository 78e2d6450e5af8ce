import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct CatalogStoreTests {
    let folder: TemporaryFolder
    let store: CatalogStore
    let lamp = Product(.lamp)
    let chair = Product(.chair)
    let date = Date(timeIntervalSince1970: 1_800_000_000)

    init() async throws {
        folder = try TemporaryFolder()
        store = CatalogStore(
            database: try SQLDatabase.open(DatabaseURL(folder.databaseURL), migrations: Schema.migrations))
        try await store.add([lamp, chair])
    }

    @Test func `a deleted product is neither found nor changed`() async throws {
        #expect(try await store.product(lamp.id) == lamp)
        #expect(try await store.delete(lamp.id))
        #expect(try await store.product(lamp.id) == nil)
        #expect(try await store.delete(lamp.id) == false)
        #expect(try await store.change(lamp.id, to: ProductRequest(stock: 5)) == nil)
    }

    @Test func `a change of a product leaves the other fields and products as they are`() async throws {
        var expected = lamp
        expected.name = "Lamp, green"
        #expect(try await store.change(lamp.id, to: ProductRequest(name: "Lamp, green")) == expected)
        #expect(try await store.change(lamp.id, to: ProductRequest()) == expected)
        #expect(try await store.product(chair.id) == chair)
    }

    @Test func `a product that is added again stays as it is, even if it is deleted`() async throws {
        _ = try await store.change(lamp.id, to: ProductRequest(stock: 1))
        _ = try await store.delete(chair.id)
        try await store.add([lamp, chair])
        #expect(try await store.product(lamp.id)?.stock == 1)
        #expect(try await store.product(chair.id) == nil)
    }

    @Test func `a reservation takes stock and keeps the prices of its moment`() async throws {
        let id = UUID.version7(at: date)
        let made = try await store.reserve(id, Quantities([(lamp.id, 2), (chair.id, 1), (lamp.id, 1)]), at: date)
        guard case .created(let reservation) = made else {
            Issue.record("\(made)")
            return
        }
        #expect(reservation.items.map(\.quantity).sorted() == [1, 3])
        _ = try await store.change(lamp.id, to: ProductRequest(priceCents: 1))
        let repeated = try await store.reserve(id, Quantities([(lamp.id, 3), (chair.id, 1)]), at: date)
        #expect(repeated == .existing(reservation))
        #expect(reservation.items.first { $0.productID == lamp.id }?.priceCents == lamp.priceCents)
        #expect(try await stock() == [7, 4])
    }

    @Test func `a reservation that exceeds the stock of one product reserves nothing and leaves its id free`()
        async throws
    {
        let id = UUID.version7(at: date)
        let rejected = try await store.reserve(id, Quantities([(lamp.id, 1), (chair.id, 6)]), at: date)
        #expect(rejected == .outOfStock([chair.id]))
        #expect(try await stock() == [10, 5])
        let smaller = try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date)
        #expect(smaller == .created(Reservation(id: id, items: [item(lamp, 1)])))
    }

    @Test func `an unknown or deleted product is reported before a product that is out of stock`() async throws {
        _ = try await store.delete(chair.id)
        let unknown = UUID()
        for id in [chair.id, unknown] {
            let result = try await store.reserve(UUID(), Quantities([(lamp.id, 99), (id, 1)]), at: date)
            #expect(result == .unknownProducts([id]))
        }
    }

    @Test func `a second reservation with the same id and other quantities is a conflict`() async throws {
        let id = UUID()
        _ = try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date)
        for other in [[(lamp.id, 2)], [(chair.id, 1)], [(lamp.id, 1), (chair.id, 1)], []] {
            #expect(try await store.reserve(id, Quantities(other), at: date) == .conflict)
        }
        #expect(try await stock() == [9, 5])
    }

    @Test func `a repeated release returns the stock once`() async throws {
        let id = UUID()
        _ = try await store.reserve(id, Quantities([(lamp.id, 4), (chair.id, 5)]), at: date)
        #expect(try await stock() == [6, 0])
        try await store.release(id, at: date)
        try await store.release(id, at: date)
        #expect(try await stock() == [10, 5])
    }

    @Test(arguments: [true, false])
    func `a reservation that arrives after its release is not made`(wasReservedBefore: Bool) async throws {
        let id = UUID()
        if wasReservedBefore { _ = try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date) }
        try await store.release(id, at: date)
        #expect(try await store.reserve(id, Quantities([(lamp.id, 1)]), at: date) == .released)
        #expect(try await stock() == [10, 5])
    }

    @Test func `fifty concurrent reservations of two lamps each sell exactly ten lamps`() async throws {
        let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask { [store, date, lamp] in
                    let id = UUID()
                    let first = try await store.reserve(id, Quantities([(lamp.id, 2)]), at: date)
                    guard case .created(let reservation) = first else {
                        #expect(first == .outOfStock([lamp.id]))
                        try await store.release(id, at: date)
                        return false
                    }
                    return try await store.reserve(id, Quantities([(lamp.id, 2)]), at: date) == .existing(reservation)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(succeeded.count(where: \.self) == 5)
        #expect(try await stock() == [0, 5])
    }

    private func item(_ product: Product, _ quantity: Int) -> Reservation.Item {
        .init(
            productID: product.id, quantity: quantity, name: product.name, priceCents: product.priceCents,
            currency: product.currency)
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
