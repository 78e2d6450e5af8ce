import Foundation

/// An order that was placed.
struct Order: Sendable {
    enum Status: String, Sendable {
        case placed, cancelled
    }

    /// What was bought, at the price of that moment.
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
    let items: [Item]
    let createdAt: Date
}

/// What a customer asks for: every product once.
struct Basket: Sendable {
    struct Line: Sendable, Codable {
        let product_id: UUID
        let quantity: Int
    }

    let lines: [Line]

    /// One text for every basket of the same content, by which a repeated request is known.
    var fingerprint: String {
        lines.sorted { $0.product_id.uuidString < $1.product_id.uuidString }
            .map { "\($0.product_id.uuidString) \($0.quantity)" }.joined(separator: ",")
    }
}

/// What is reserved for an order, with the prices at which it was.
struct Reservation: Sendable {
    let items: [Order.Item]
    let currency: String

    /// The sum of all items; nil when it is beyond what the store can hold.
    var totalCents: Int? {
        var total = 0
        for item in items {
            let (line, isTooLarge) = item.priceCents.multipliedReportingOverflow(by: item.quantity)
            let (sum, isBeyond) = total.addingReportingOverflow(line)
            guard !isTooLarge, !isBeyond else { return nil }
            total = sum
        }
        return total
    }
}
