import Foundation
import Mustache
import ServiceRuntime

/// The web page that shows a receipt.
struct ReceiptPage {
    private let id, createdAt, status, total: String
    private let items: [Item]

    private struct Item {
        let name, price: String
        let quantity: Int
    }

    init(_ order: Order) {
        id = order.id.lowercase
        createdAt = order.createdAt.rfc3339
        status = order.status.rawValue
        total = Money(cents: order.totalCents, currency: order.currency).description
        items = order.items.map {
            Item(
                name: $0.name, price: Money(cents: $0.priceCents, currency: order.currency).description,
                quantity: $0.quantity)
        }
    }

    /// The template that renders this page.
    static func template() throws -> MustacheTemplate {
        try MustacheTemplate(html: html)
    }

    private static let html = """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Receipt {{id}}</title></head>
        <body>
        <h1>Receipt</h1>
        <p>Order {{id}}, {{createdAt}}, {{status}}</p>
        <table>
        <thead><tr><th scope="col">Product</th><th scope="col">Quantity</th><th scope="col">Price</th></tr></thead>
        <tbody>
        {{#items}}<tr><td>{{name}}</td><td>{{quantity}}</td><td>{{price}}</td></tr>
        {{/items}}</tbody>
        <tfoot><tr><th scope="row" colspan="2">Total</th><td>{{total}}</td></tr></tfoot>
        </table>
        </body>
        </html>

        """
}
