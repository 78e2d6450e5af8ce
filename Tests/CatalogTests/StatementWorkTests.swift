import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct StatementWorkTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `no statement takes longer because of other products and reservations`() async throws {
        let growing = try await StatementWork.growing { others in
            let database = try SQLDatabase.open(.inMemory, migrations: Schema.migrations)
            let store = CatalogStore(database: database)
            for _ in 1...others {
                let product = try await addProduct(to: store)
                _ = try await store.reserve(UUID(), Quantities([(product, 1)]), at: date)
            }
            let product = try await addProduct(to: store)
            let reservation = UUID()
            for _ in 1...2 { _ = try await store.reserve(reservation, Quantities([(product, 1)]), at: date) }
            try await store.release(reservation, at: date)
            _ = try await store.products(PageRequest(limit: 2))
            _ = try await store.product(product)
            _ = try await store.change(product, to: ProductRequest(stock: 0))
            let rejected = try await store.reserve(UUID(), Quantities([(product, 1)]), at: date)
            #expect(rejected == .outOfStock([product]))
            _ = try await store.delete(product)
            return database
        }
        #expect(growing == [])
    }

    private func addProduct(to store: CatalogStore) async throws -> UUID {
        let id = UUID.version7(at: date)
        try await store.add([
            Product(id: id, name: "Lamp", description: "", priceCents: 1, currency: "EUR", stock: 10)
        ])
        return id
    }
}
