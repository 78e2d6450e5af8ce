import Hummingbird
import ServiceRuntime

/// An order, as its customer sees it. Staff also see the account.
struct OrderResponse: ResponseEncodable {
    let id, status, currency, created_at: String
    let total_cents: Int
    let items: [Item]
    let account_id: String?

    struct Item: Encodable {
        let product_id, name: String
        let quantity, price_cents: Int
    }

    init(_ order: Order, forStaff: Bool = false) {
        id = order.id.lowercase
        status = order.status.rawValue
        currency = order.currency
        created_at = order.createdAt.rfc3339
        total_cents = order.totalCents
        items = order.items.map {
            Item(product_id: $0.productID.lowercase, name: $0.name, quantity: $0.quantity, price_cents: $0.priceCents)
        }
        account_id = forStaff ? order.account : nil
    }
}

/// The body of `GET /orders`.
struct OrderListResponse: ResponseEncodable {
    let orders: [OrderResponse]
    let next: String?

    init(_ page: (rows: [Order], next: String?), forStaff: Bool) {
        orders = page.rows.map { OrderResponse($0, forStaff: forStaff) }
        next = page.next
    }
}
