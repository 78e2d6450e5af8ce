import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes under `/reservations`: only the service `orders` reserves and releases stock.
struct ReservationRoutes: Sendable {
    let store: CatalogStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .service(from: ["orders"]), scope: "stock:reserve")
            .put("reservations/{id}", use: reserve)
            .delete("reservations/{id}", use: release)
    }

    /// `PUT /reservations/{id}`: 201 with the new reservation, 200 with the existing one, 409 or 422 if nothing is reserved.
    private func reserve(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<ReservationResponse> {
        let id = try context.parameters.id()
        let body = try await request.decode(as: ReservationRequest.self, context: context)
        switch try await store.reserve(id, body.quantities(), at: clock.now()) {
        case .created(let reservation):
            return EditedResponse(status: .created, response: ReservationResponse(reservation))
        case .existing(let reservation):
            return EditedResponse(status: .ok, response: ReservationResponse(reservation))
        case .outOfStock(let products):
            throw Problem.outOfStock(products)
        case .unknownProducts(let products):
            throw body.problem(unknownProducts: products)
        case .conflict:
            throw Problem.reservationDiffers
        case .released:
            throw Problem.reservationReleased
        }
    }

    /// `DELETE /reservations/{id}`: 204, also if repeated, and also if the request to reserve has not arrived yet.
    private func release(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        try await store.release(context.parameters.id(), at: clock.now())
        return .noContent
    }
}

extension Problem {
    fileprivate static func outOfStock(_ products: [UUID]) -> Problem {
        .conflict(
            code: "out_of_stock", "There is not enough of some products. Nothing was reserved.",
            extensions: ["out_of_stock": products.map(\.lowercase)])
    }

    fileprivate static let reservationDiffers = conflict(
        code: "reservation_differs", "There is a reservation with this id and other items. Use a new id.")

    fileprivate static let reservationReleased = conflict(
        code: "reservation_released", "The reservation with this id was released. Use a new id.")
}
