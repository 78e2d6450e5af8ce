/// The stock that catalog reserved for an order, at the prices at the time of the reservation.
struct Reservation: Sendable {
    let items: [Order.Item]
    /// The currencies of all prices.
    let currencies: Set<String>

    /// Whether the items are the products of a basket in its quantities, each product once, and no price is negative.
    func isFor(_ basket: Basket) -> Bool {
        let quantities = basket.quantities
        return items.count == quantities.count && Set(items.map(\.productID)).count == items.count
            && items.allSatisfy { quantities[$0.productID] == $0.quantity && $0.priceCents >= 0 }
    }

    /// The sum of all items, or nil if the prices have several currencies or the sum does not fit into 64 bits.
    var total: Money? {
        guard currencies.count == 1, let currency = currencies.first else { return nil }
        var total = 0
        for item in items {
            let (price, priceOverflows) = item.priceCents.multipliedReportingOverflow(by: item.quantity)
            let (sum, sumOverflows) = total.addingReportingOverflow(price)
            guard !priceOverflows, !sumOverflows else { return nil }
            total = sum
        }
        return Money(cents: total, currency: currency)
    }
}
