import Foundation

/// An order that was placed.
struct Order: Sendable {
    enum Status: String, Sendable {
        case placed, cancelled
    }

    /// One product of an order, at the price at the time of the order.
    struct Item: Sendable {
        let productID: UUID
        let quantity: Int
        let name: String
        let priceCents: Int
    }

    let id: UUID
    let account: String
    let status: Status
    let totalCents: Int
    let currency: String
    let createdAt: Date
    var items: [Item]
}
