import Foundation
import ServiceRuntime

/// The body of `PUT /reservations/{id}`. The quantities of a product that occurs twice are added up.
struct ReservationRequest: Decodable {
    let items: [Item]

    struct Item: Decodable {
        let product_id: String
        let quantity: JSONInteger
    }

    private static let maximumItems = 100
    private static let maximumQuantity = 10_000

    /// The quantity of each product.
    ///
    /// - Throws: `Problem` with status 422 that names every invalid field.
    func quantities() throws -> Quantities {
        guard (1...Self.maximumItems).contains(items.count) else {
            throw Problem.unprocessable([.init("items", "must be a list of 1 to \(Self.maximumItems) items")])
        }
        var errors: [Problem.InvalidField] = []
        var quantities: [(UUID, Int)] = []
        for (index, item) in items.enumerated() {
            if !(1...Self.maximumQuantity).contains(item.quantity.value) {
                errors.append(.init("items[\(index)].quantity", "must be from 1 to \(Self.maximumQuantity)"))
            }
            if let id = UUID(text: item.product_id) {
                quantities.append((id, item.quantity.value))
            } else {
                errors.append(.init("items[\(index)].product_id", "must be the id of a product"))
            }
        }
        guard errors.isEmpty else { throw Problem.unprocessable(errors) }
        return Quantities(quantities)
    }

    /// The problem that names every item whose product the catalog does not sell.
    func problem(unknownProducts: [UUID]) -> Problem {
        let unknown = Set(unknownProducts)
        let indices = items.indices.filter { UUID(text: items[$0].product_id).map(unknown.contains) ?? false }
        return .unprocessable(indices.map { .init("items[\($0)].product_id", "is not a product on sale") })
    }
}
