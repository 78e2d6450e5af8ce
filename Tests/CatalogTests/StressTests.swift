import Database
import Foundation
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

/// Thirty-two clients at two replicas of catalog, which reserve and release the same stock at once.
@Suite(.timeLimit(.minutes(1))) struct StressTests {
    @Test func `stock and reservations agree when the same ids are reserved and released at once`() async throws {
        let (folder, date) = (try TemporaryFolder(), TestClock().now)
        defer { withExtendedLifetime(folder) {} }
        let stores = try (0..<2).map { _ in
            CatalogStore(database: try SQLDatabase.open(DatabaseURL(folder.databaseURL), migrations: Schema.migrations))
        }
        let (lamp, chair) = (Product(.lamp), Product(.chair))
        try await stores[0].add([lamp, chair])
        let ids = (0..<8).map { _ in UUID.version7(at: date) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<32 {
                let (store, id) = (stores[client % 2], ids[client / 4])
                group.addTask {
                    if (client + client / 4) % 4 == 3 {
                        try await store.release(id, at: date)
                    } else {
                        // The products in another order: the store must lock them in one order.
                        let items = [(lamp.id, 1), (chair.id, 1)]
                        _ = try await store.reserve(
                            id, Quantities(client % 2 == 0 ? items : items.reversed()), at: date)
                    }
                }
            }
            try await group.waitForAll()
        }
        // Each id was released, and no late request reserved it again.
        #expect(try await stores[1].product(lamp.id)?.stock == lamp.stock)
        #expect(try await stores[1].product(chair.id)?.stock == chair.stock)
        for id in ids {
            let late = try await stores[0].reserve(id, Quantities([(lamp.id, 1)]), at: date)
            #expect(late == .released)
        }
    }
}
