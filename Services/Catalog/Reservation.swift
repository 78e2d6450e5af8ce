import Foundation

/// Stock that is reserved for one order, at the prices at the time of the reservation.
struct Reservation: Sendable, Equatable {
    /// One reserved product.
    struct Item: Sendable, Equatable {
        let productID: UUID
        let quantity: Int
        let name: String
        let priceCents: Int
        let currency: String
    }

    let id: UUID
    /// Each product once, sorted by id.
    let items: [Item]

    var quantities: Quantities {
        Quantities(items.map { ($0.productID, $0.quantity) })
    }
}
