import Foundation
import ServiceRuntime

/// The body of `POST /orders`.
struct OrderRequest: Decodable {
    let items: [Item]

    struct Item: Decodable {
        let product_id: String
        let quantity: JSONInteger
    }

    private static let maximumItems = 100
    private static let maximumQuantity = 10_000

    /// The basket that the body describes.
    ///
    /// - Throws: `Problem` with status 422 that names every invalid field.
    func basket() throws -> Basket {
        guard (1...Self.maximumItems).contains(items.count) else {
            throw Problem.unprocessable([.init("items", "must be a list of 1 to \(Self.maximumItems) items")])
        }
        var errors: [Problem.InvalidField] = []
        var lines: [Basket.Line] = []
        for (index, item) in items.enumerated() {
            if !(1...Self.maximumQuantity).contains(item.quantity.value) {
                errors.append(.init("items[\(index)].quantity", "must be from 1 to \(Self.maximumQuantity)"))
            }
            if let id = UUID(text: item.product_id) {
                lines.append(.init(productID: id, quantity: item.quantity.value))
            } else {
                errors.append(.init("items[\(index)].product_id", "must be the id of a product"))
            }
        }
        guard errors.isEmpty else { throw Problem.unprocessable(errors) }
        return Basket(lines: lines)
    }
}
