/// The stock that catalog reserved for an order, at the prices of the moment of the reservation.
struct Reservation: Sendable {
    let items: [Order.Item]
    /// The currencies of all prices.
    let currencies: Set<String>

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
