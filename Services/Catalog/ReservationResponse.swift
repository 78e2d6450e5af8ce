import Hummingbird
import ServiceRuntime

/// A reservation, as the service `orders` sees it.
struct ReservationResponse: ResponseEncodable {
    let id: String
    let items: [Item]

    struct Item: Encodable {
        let product_id, name: String
        let quantity, price_cents: Int
        let currency: String
    }

    init(_ reservation: Reservation) {
        id = reservation.id.lowercase
        items = reservation.items.map {
            Item(
                product_id: $0.productID.lowercase, name: $0.name, quantity: $0.quantity, price_cents: $0.priceCents,
                currency: $0.currency)
        }
    }
}
