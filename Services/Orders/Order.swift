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
    let createdAt: Date
    var items: [Item]
}

/// What a customer asks for, line by line as it came, so that the place of a line means the same to the customer, here and
/// in catalog. A product that is named twice counts with the sum.
struct Basket: Sendable {
    struct Line: Sendable {
        let productID: UUID
        let quantity: Int
    }

    let lines: [Line]

    /// One text for every basket of the same content, by which a repeated request is known.
    var fingerprint: String {
        Dictionary(lines.map { ($0.productID.uuidString, $0.quantity) }, uniquingKeysWith: +)
            .sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ",")
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
