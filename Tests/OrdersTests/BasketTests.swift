import Foundation
import ServiceRuntime
import Testing

@testable import OrdersService

@Suite struct BasketTests {
    @Test func `baskets with the same quantity of each product have one fingerprint`() {
        let (lamp, chair) = (UUID(), UUID())
        let once = Basket(lines: [.init(productID: lamp, quantity: 3), .init(productID: chair, quantity: 1)])
        let twice = Basket(
            lines: [
                .init(productID: chair, quantity: 1), .init(productID: lamp, quantity: 1),
                .init(productID: lamp, quantity: 2),
            ])
        let more = Basket(lines: twice.lines + [.init(productID: lamp, quantity: 1)])
        let swapped = Basket(lines: [.init(productID: lamp, quantity: 1), .init(productID: chair, quantity: 3)])
        #expect(once.fingerprint == twice.fingerprint)
        #expect(Set([once, more, swapped].map(\.fingerprint)).count == 3)
    }

    @Test(arguments: [
        (0, "0.00 EUR"), (5, "0.05 EUR"), (99, "0.99 EUR"), (100, "1.00 EUR"), (1250, "12.50 EUR"),
        (.max, "92233720368547758.07 EUR"),
    ])
    func `an amount of money is written with two decimals and its currency`(cents: Int, text: String) {
        #expect(Money(cents: cents, currency: "EUR").description == text)
    }

    @Test func `the total of a reservation is the sum of prices times quantities`() {
        func item(_ quantity: Int, _ priceCents: Int) -> OrdersService.Order.Item {
            .init(productID: UUID(), quantity: quantity, name: "Lamp", priceCents: priceCents)
        }
        func total(_ items: [OrdersService.Order.Item], _ currencies: Set<String> = ["EUR"]) -> Int? {
            Reservation(items: items, currencies: currencies).total?.cents
        }
        #expect(total([item(2, 1250), item(3, 1)]) == 2503)
        #expect(total([item(1, 0)]) == 0)
        #expect(total([item(1, .max)]) == .max)
        #expect(total([item(2, .max)]) == nil)
        #expect(total([item(1, .max), item(1, 1)]) == nil)
        #expect(total([item(1, 1)], ["EUR", "USD"]) == nil)
        #expect(total([], []) == nil)
    }

    /// Inbox accepts 10,000 characters.
    @Test func `the message about the largest order fits into inbox`() {
        let item = OrdersService.Order.Item(
            productID: UUID(), quantity: 10_000, name: String(repeating: "x", count: 200), priceCents: 1)
        let largest = Reservation(items: Array(repeating: item, count: 100), currencies: ["EUR"])
        let total = Money(cents: .max, currency: "EUR")
        let message = OrdersService.Message(placed: UUID(), largest, total: total, at: Date(timeIntervalSince1970: 0))
        #expect(message.body.unicodeScalars.count <= 10_000)
        #expect(message.body.contains("and 75 more\nTotal"))
    }

    @Test func `a message lists up to 25 items and names the order and its total`() {
        let id = UUID()
        let item = OrdersService.Order.Item(productID: UUID(), quantity: 2, name: "Mug", priceCents: 1250)
        let total = Money(cents: 62_500, currency: "EUR")
        let message = OrdersService.Message(
            placed: id, Reservation(items: Array(repeating: item, count: 25), currencies: ["EUR"]), total: total,
            at: Date(timeIntervalSince1970: 0))
        let lines = message.body.split(separator: "\n").map(String.init)
        #expect(lines.first == "Order \(id.lowercase)")
        #expect(lines.dropFirst().dropLast() == Array(repeating: "2 × Mug", count: 25)[...])
        #expect(lines.last == "Total: 625.00 EUR")
    }
}
