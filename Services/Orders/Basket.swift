import Foundation

/// The products that a customer asks for. The quantities of a product that occurs twice are added up.
struct Basket: Sendable {
    /// One item of the request.
    struct Line: Sendable {
        let productID: UUID
        let quantity: Int
    }

    /// The lines in the order of the request, so an error of catalog about `items[3]` is valid for the customer too.
    let lines: [Line]

    /// The quantity of each product.
    var quantities: [UUID: Int] {
        Dictionary(lines.map { ($0.productID, $0.quantity) }, uniquingKeysWith: +)
    }

    /// A text that is equal for two baskets with the same quantity of each product.
    var fingerprint: String {
        quantities.map { (product: $0.key.uuidString, quantity: $0.value) }
            .sorted { $0.product < $1.product }.map { "\($0.product) \($0.quantity)" }.joined(separator: ",")
    }
}
