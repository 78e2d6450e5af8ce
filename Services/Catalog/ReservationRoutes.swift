import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// Stock for orders: only that service reserves and releases it.
struct ReservationRoutes: Sendable {
    let store: CatalogStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .service(from: ["orders"]), scope: "stock:reserve")
            .put("reservations/{id}", use: reserve)
            .delete("reservations/{id}", use: release)
    }

    /// `PUT /reservations/{id}`: 201, or 200 when it was made before; 409 when it cannot be made, and nothing is reserved.
    private func reserve(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<ReservationBody> {
        let id = try context.parameters.id()
        let draft = try await request.decode(as: ReservationDraft.self, context: context)
        do {
            let (reservation, isNew) = try await store.reserve(id, draft.quantities(), at: clock.now())
            return EditedResponse(status: isNew ? .created : .ok, response: ReservationBody(reservation))
        } catch let refusal as ReservationRefusal {
            throw refusal.problem(for: draft)
        }
    }

    /// `DELETE /reservations/{id}`: 204, also when repeated, and when the reservation has not arrived yet.
    private func release(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        try await store.release(context.parameters.id(), at: clock.now())
        return .noContent
    }
}

/// The body of `PUT /reservations/{id}`. A product that is named twice counts with the sum.
struct ReservationDraft: Decodable {
    let items: [Item]

    struct Item: Decodable {
        let product_id: String
        let quantity: JSONInteger
    }

    private static let maxItems = 100
    private static let maxQuantity = 10_000

    /// - Throws: `Problem` with 422 that names every item that does not fit.
    func quantities() throws -> Quantities {
        guard (1...Self.maxItems).contains(items.count) else {
            throw Problem.unprocessable([.init("items", "must be a list of 1 to \(Self.maxItems) items")])
        }
        var faults: [Problem.InvalidField] = []
        var quantities: [(UUID, Int)] = []
        for (index, item) in items.enumerated() {
            if !(1...Self.maxQuantity).contains(item.quantity.value) {
                faults.append(.init("items[\(index)].quantity", "must be from 1 to \(Self.maxQuantity)"))
            }
            if let id = UUID(lowercase: item.product_id) {
                quantities.append((id, item.quantity.value))
            } else {
                faults.append(.init("items[\(index)].product_id", "must be the id of a product"))
            }
        }
        guard faults.isEmpty else { throw Problem.unprocessable(faults) }
        return Quantities(quantities)
    }
}

/// A reservation as orders sees it, at the prices of its moment.
struct ReservationBody: ResponseEncodable {
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

extension ReservationRefusal {
    /// What orders sees when this draft is refused.
    func problem(for draft: ReservationDraft) -> Problem {
        switch self {
        case .outOfStock(let products):
            return .conflict(
                code: "out_of_stock", "There is not enough of some products. Nothing was reserved.",
                extensions: ["out_of_stock": products.map(\.lowercase)])
        case .unknownProducts(let products):
            let unknown = Set(products.map(\.lowercase))
            let faults = draft.items.enumerated().filter { unknown.contains($0.element.product_id) }
            return .unprocessable(
                faults.map { .init("items[\($0.offset)].product_id", "is not a product that is sold") })
        case .conflict:
            return .conflict(
                code: "reservation_differs", "There is a reservation with this id and other items. Take a new id.")
        case .released:
            return .conflict(
                code: "reservation_released", "The reservation with this id was released. Take a new id.")
        }
    }
}
