import CurlClient
import Foundation
import HTTPTypes
import JWTAuth
import ServiceRuntime

/// The outcome of a request to reserve the products of a basket.
enum ReserveResult: Sendable {
    /// The stock is reserved.
    case reserved(Reservation)
    /// These products have less stock than requested.
    case outOfStock([String])
    /// Catalog rejected these fields of the basket, such as unknown products.
    case invalidFields([Problem.InvalidField])
    /// Catalog did not respond, or it sent an error or a response that the client does not understand.
    case failed(reason: String)
}

/// A client of the service `catalog`, which reserves stock under the id of an order.
struct CatalogClient: Sendable {
    private let service: ServiceClient
    private static let scope = "stock:reserve"

    init(_ service: ServiceClient) {
        self.service = service
    }

    /// Reserves the products of a basket for an order, on behalf of its customer. A repeated call changes nothing.
    ///
    /// The caller must release the order unless the result is `reserved`. The HTTP client repeats a request when its
    /// connection breaks. Catalog may then process the first copy last, and reserve the stock after all.
    func reserve(_ basket: Basket, for order: UUID, of account: String) async -> ReserveResult {
        do {
            let body = try JSONBodyEncoder.bytes(of: ReservationRequest(basket))
            let response = try await service.send(
                .put, "/reservations/\(order.lowercase)", scope: Self.scope, onBehalfOf: account, json: body)
            return try Self.result(of: response, for: basket)
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// Releases the stock of an order. Afterwards catalog makes no reservation for the order.
    func release(_ order: UUID, of account: String) async throws {
        let response = try await service.send(
            .delete, "/reservations/\(order.lowercase)", scope: Self.scope, onBehalfOf: account)
        guard response.status == .noContent else { throw UnexpectedResponse(status: response.status.code) }
    }

    private static func result(of response: HTTPClient.Response, for basket: Basket) throws -> ReserveResult {
        let body = Data(response.body)
        switch response.status {
        case .created, .ok:
            let reservation = try JSONDecoder().decode(ReservationResponse.self, from: body).reservation
            return reservation.isFor(basket)
                ? .reserved(reservation) : .failed(reason: "catalog reserved other items than the basket has")
        case .conflict:
            let problem = try JSONDecoder().decode(ProblemResponse.self, from: body)
            guard let products = problem.out_of_stock else {
                return .failed(reason: "catalog rejected the id of the reservation: \(problem.code)")
            }
            return .outOfStock(products)
        case .unprocessableContent:
            let problem = try JSONDecoder().decode(ProblemResponse.self, from: body)
            let errors = (problem.errors ?? []).map { Problem.InvalidField($0.field, $0.detail) }
            return .invalidFields(errors.isEmpty ? [.init("items", "are not accepted by the catalog")] : errors)
        default:
            throw UnexpectedResponse(status: response.status.code)
        }
    }
}

// MARK: - Bodies

extension CatalogClient {
    private struct ReservationRequest: Encodable {
        let items: [Item]

        struct Item: Encodable {
            let product_id: String
            let quantity: Int
        }

        init(_ basket: Basket) {
            items = basket.lines.map { Item(product_id: $0.productID.lowercase, quantity: $0.quantity) }
        }
    }

    private struct ReservationResponse: Decodable {
        let items: [Item]

        struct Item: Decodable {
            let product_id: UUID
            let quantity, price_cents: Int
            let name, currency: String
        }

        var reservation: Reservation {
            Reservation(
                items: items.map {
                    .init(productID: $0.product_id, quantity: $0.quantity, name: $0.name, priceCents: $0.price_cents)
                }, currencies: Set(items.map(\.currency)))
        }
    }

    private struct ProblemResponse: Decodable {
        let code: String
        let out_of_stock: [String]?
        let errors: [Field]?

        struct Field: Decodable {
            let field, detail: String
        }
    }
}
