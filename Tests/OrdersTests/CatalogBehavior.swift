import Foundation
import HTTPTypes
import Testing

@testable import OrdersService

/// The way in which the stub of catalog handles a request for a reservation.
struct CatalogBehavior: Sendable, CustomTestStringConvertible {
    /// An item of the request.
    struct RequestedItem: Decodable {
        let product_id: String
        let quantity: Int
    }

    /// An item of the response.
    struct ReservedItem: Encodable {
        var product_id: String
        var quantity: Int
        var name = "\u{600}<Mug\u{600}>"
        var price_cents = 1250
        var currency = "EUR"
    }

    let testDescription: String
    /// Whether the stub keeps a reservation.
    let reserves: Bool
    let respond: @Sendable ([RequestedItem]) async throws -> (HTTPResponse.Status, String)

    /// Reserves each product at 12.50 EUR.
    static let reserves = reserves("reserves each product") { $0 }

    /// Reserves the products, and responds with items that `change` made of the right ones.
    static func reserves(
        _ description: String, change: @escaping @Sendable ([ReservedItem]) -> [ReservedItem]
    ) -> Self {
        Self(testDescription: description, reserves: true) { requested in
            let quantities = Dictionary(requested.map { ($0.product_id, $0.quantity) }, uniquingKeysWith: +)
            let items = quantities.sorted { $0.key < $1.key }.map {
                ReservedItem(product_id: $0.key, quantity: $0.value)
            }
            let json = try JSONEncoder().encode(["items": change(items)])
            return (.created, String(decoding: json, as: UTF8.self))
        }
    }

    /// Reserves the products, and responds when `action` has ended.
    static func reserves(after action: @escaping @Sendable () async throws -> Void) -> Self {
        Self(testDescription: "reserves the products and responds later", reserves: true) { requested in
            try await action()
            return try await Self.reserves.respond(requested)
        }
    }

    /// Reserves the products, but responds when the caller no longer waits.
    static let timesOut = Self(testDescription: "responds after the deadline", reserves: true) { _ in
        try await Task.sleep(for: Checkout.callDeadline * 1.5)
        return (.created, "{}")
    }

    /// Reserves the products, but responds with something else than the reservation.
    static func responds(_ status: HTTPResponse.Status, _ body: String = "{}") -> Self {
        Self(testDescription: "responds with \(status.code) and \(body.prefix(60))", reserves: true) { _ in
            (status, body)
        }
    }

    /// Rejects the reservation, because all products are out of stock.
    static let outOfStock = Self(testDescription: "is out of stock", reserves: false) { requested in
        let ids = requested.map { #""\#($0.product_id)""# }.joined(separator: ",")
        return (.conflict, #"{"code":"out_of_stock","out_of_stock":[\#(ids)]}"#)
    }

    /// Rejects the reservation, because it does not sell these products.
    static func rejects(_ products: Set<String>) -> Self {
        Self(testDescription: "does not sell a product", reserves: false) { requested in
            let errors = requested.enumerated().filter { products.contains($0.element.product_id) }
                .map { #"{"field":"items[\#($0.offset)].product_id","detail":"is not sold"}"# }
            return (
                .unprocessableContent, #"{"code":"invalid_fields","errors":[\#(errors.joined(separator: ","))]}"#
            )
        }
    }
}
