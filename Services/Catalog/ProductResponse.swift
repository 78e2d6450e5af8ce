import Hummingbird
import ServiceRuntime

/// A product, as every client sees it.
struct ProductResponse: ResponseEncodable {
    let id, name, description: String
    let price_cents: Int
    let currency: String
    let stock: Int

    init(_ product: Product) {
        id = product.id.lowercase
        name = product.name
        description = product.description
        price_cents = product.priceCents
        currency = product.currency
        stock = product.stock
    }
}

/// The body of `GET /products`.
struct ProductListResponse: ResponseEncodable {
    let products: [ProductResponse]
    let next: String?

    init(_ page: (rows: [Product], next: String?)) {
        products = page.rows.map(ProductResponse.init)
        next = page.next
    }
}
