import Foundation
import ServiceRuntime

/// The quantity of each product in a reservation: each product once, sorted by id.
///
/// The fixed order prevents a deadlock between two transactions that change the stock of the same products.
struct Quantities: Sendable, Equatable {
    let products: [(id: UUID, quantity: Int)]

    /// Adds up the quantities of products that occur more than once.
    init(_ items: some Sequence<(UUID, Int)>) {
        products = Dictionary(items, uniquingKeysWith: +)
            .map { (id: $0.key, quantity: $0.value) }
            .sorted { $0.id.lowercase < $1.id.lowercase }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.products.elementsEqual(right.products, by: ==)
    }
}
