import Foundation

/// Twelve products for trying the system out. Their ids are fixed, so adding them twice changes nothing.
enum DemoData {
    static let products = [
        product(1, "Desk lamp", "Warm light, a heavy foot, and a switch that clicks.", 3_490, stock: 40),
        product(2, "Oak chair", "Four legs, no screws.", 12_900, stock: 12),
        product(3, "Standing desk", "Goes up by hand crank, comes down by itself.", 48_000, stock: 5),
        product(4, "Notebook, ruled", "192 pages that lie flat.", 890, stock: 250),
        product(5, "Fountain pen", "A medium nib for left and right hands.", 2_750, stock: 60),
        product(6, "Ink, midnight blue", "50 ml. Dries before you close the book.", 640, stock: 120),
        product(7, "Tea kettle", "1.2 litres of enamelled steel. It whistles.", 5_990, stock: 18),
        product(8, "Tea, first flush", "100 g of Darjeeling.", 1_490, stock: 80),
        product(9, "Wall clock", "A quiet movement and large figures.", 4_200, stock: 25),
        product(10, "Door bell", "Brass. Needs no battery.", 2_150, stock: 30),
        product(11, "Umbrella", "Eight ribs. Survives a north wind.", 3_950, stock: 45),
        product(12, "Hall pass", "A wooden tag on a string. Valid for one corridor.", 100, stock: 3),
    ]

    /// Adds the products that the store does not have. Products that the store already has keep their changes.
    static func add(to store: CatalogStore) async throws {
        try await store.add(products)
    }

    private static func product(
        _ number: UInt8, _ name: String, _ description: String, _ priceCents: Int, stock: Int
    ) -> Product {
        Product(
            id: UUID(uuid: (0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number)),
            name: name, description: description, priceCents: priceCents, currency: "EUR", stock: stock)
    }
}
