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
    /// The currencies of the prices, each once.
    let currencies: Set<String>

    /// The sum of all items; nil when they have several currencies, or it is beyond what the store can hold.
    var total: Money? {
        guard currencies.count == 1, let currency = currencies.first else { return nil }
        var total = 0
        for item in items {
            let (line, isTooLarge) = item.priceCents.multipliedReportingOverflow(by: item.quantity)
            let (sum, isBeyond) = total.addingReportingOverflow(line)
            guard !isTooLarge, !isBeyond else { return nil }
            total = sum
        }
        return Money(cents: total, currency: currency)
    }
}

/// An amount, which people write like `12.50 EUR`.
struct Money: Sendable, CustomStringConvertible {
    let cents: Int
    let currency: String

    var description: String {
        let (whole, rest) = cents.quotientAndRemainder(dividingBy: 100)
        return "\(whole).\(rest < 10 ? "0" : "")\(rest) \(currency)"
    }
}
