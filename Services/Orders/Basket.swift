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

    /// A text that is equal for two baskets with the same quantity of each product.
    var fingerprint: String {
        Dictionary(lines.map { ($0.productID.uuidString, $0.quantity) }, uniquingKeysWith: +)
            .sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ",")
    }
}
