import CurlClient
import Foundation
import HTTPTypes
import JWTAuth
import ServiceRuntime

/// The service `catalog`, as far as orders needs it: stock for an order is set aside under the order's id.
struct CatalogClient: Sendable {
    /// What came of asking for a reservation.
    enum Outcome: Sendable {
        case reserved(Reservation)
        /// Catalog said no. The problem is for the customer.
        case refused(Problem)
        /// Catalog cannot be reached, or failed.
        case failed(reason: String)
    }

    private let service: ServiceClient
    private static let scope = "stock:reserve"

    init(_ service: ServiceClient) {
        self.service = service
    }

    /// Reserves the content of a basket for an order, on behalf of its customer. Once reserved, repetition changes nothing.
    ///
    /// Unless the outcome is `reserved`, something may still be reserved later: the request is sent again when a connection
    /// breaks, and catalog may get to the first one last. So the order has to be released then.
    func reserve(_ basket: Basket, for order: UUID, of account: String) async -> Outcome {
        do {
            let body = Array(try JSONEncoder().encode(["items": basket.lines.map(ReservationItem.init)]))
            let response = try await service.send(
                .put, "/reservations/\(order.lowercase)", scope: Self.scope, onBehalfOf: account, json: body)
            return try outcome(of: response)
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Gives back what is reserved for an order, and sees to it that nothing can be reserved for it any more.
    func release(_ order: UUID, of account: String) async throws {
        let response = try await service.send(
            .delete, "/reservations/\(order.lowercase)", scope: Self.scope, onBehalfOf: account)
        guard response.status == .noContent else { throw UnexpectedResponse(status: response.status.code) }
    }

    private func outcome(of response: HTTPClient.Response) throws -> Outcome {
        let body = Data(response.body)
        switch response.status {
        case .created, .ok:
            return try reservation(body)
        case .conflict:
            let refusal = try JSONDecoder().decode(Refusal.self, from: body)
            guard let products = refusal.out_of_stock else {
                return .failed(reason: "catalog refused the id: \(refusal.code)")
            }
            return .refused(
                .conflict(
                    code: "out_of_stock", "There is not enough of some products. Nothing was ordered.",
                    extensions: ["out_of_stock": products]))
        case .unprocessableContent:
            let refusal = try JSONDecoder().decode(Refusal.self, from: body)
            return .refused(.unprocessable((refusal.errors ?? []).map { .init($0.field, $0.detail) }))
        default:
            return .failed(reason: "catalog answered \(response.status.code)")
        }
    }

    private func reservation(_ body: Data) throws -> Outcome {
        let items = try JSONDecoder().decode(Reserved.self, from: body).items
        return .reserved(
            Reservation(
                items: items.map {
                    .init(productID: $0.product_id, quantity: $0.quantity, name: $0.name, priceCents: $0.price_cents)
                }, currencies: Set(items.map(\.currency))))
    }

    private struct ReservationItem: Encodable {
        let product_id: String
        let quantity: Int

        init(_ line: Basket.Line) {
            product_id = line.productID.lowercase
            quantity = line.quantity
        }
    }

    private struct Reserved: Decodable {
        let items: [Item]

        struct Item: Decodable {
            let product_id: UUID
            let quantity, price_cents: Int
            let name, currency: String
        }
    }

    private struct Refusal: Decodable {
        let code: String
        let out_of_stock: [String]?
        let errors: [Field]?

        struct Field: Decodable {
            let field, detail: String
        }
    }
}

/// Another service answered with a status that its contract does not know.
struct UnexpectedResponse: Error, CustomStringConvertible {
    let status: Int

    var description: String { "the service answered \(status)" }
}
