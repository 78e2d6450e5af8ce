import Foundation
import ServiceRuntime

/// A message that inbox delivers to a customer.
struct Message: Sendable {
    let id: UUID
    let subject: String
    let body: String
}

extension Message {
    /// A message lists at most this many items and counts the rest, because inbox limits the length of a body.
    private static let maximumListedItems = 25

    /// The message about an order that was placed.
    init(placed order: UUID, _ reservation: Reservation, total: Money, at date: Date) {
        var lines = reservation.items.prefix(Self.maximumListedItems).map { "\($0.quantity) × \($0.name)" }
        let rest = reservation.items.count - lines.count
        if rest > 0 { lines.append("and \(rest) more") }
        id = UUID.version7(at: date)
        subject = "Your order is placed"
        body = "Order \(order.lowercase)\n\(lines.joined(separator: "\n"))\nTotal: \(total)"
    }
}
