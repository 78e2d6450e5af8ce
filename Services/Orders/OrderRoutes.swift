import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes under `/orders`: an account places, reads and cancels its own orders, and staff read all orders.
struct OrderRoutes: Sendable {
    let store: OrderStore
    let checkout: Checkout

    private static let readAllScope = "orders:read:all"

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .access, scope: "orders:read", or: Self.readAllScope)
            .get("orders", use: list)
            .get("orders/{id}", use: show)
        router.behind(authenticator, .user, scope: "orders:write")
            .post("orders", use: place)
            .post("orders/{id}/cancel", use: cancel)
    }

    /// `POST /orders`: 201 with the order, also if an earlier request with the same `Idempotency-Key` placed it.
    private func place(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<OrderResponse> {
        let key = try Self.idempotencyKey(of: request)
        let basket = try await request.decode(as: OrderRequest.self, context: context).basket()
        switch try await checkout.place(basket, for: context.identity.subject, key: key) {
        case .placed(let order):
            return EditedResponse(
                status: .created, headers: [.location: "/orders/\(order.id.lowercase)"], response: OrderResponse(order))
        case .inProgress: throw Problem.requestInProgress
        case .conflict: throw Problem.keyReused
        case .outOfStock(let products): throw Problem.outOfStock(products)
        case .invalidFields(let fields): throw Problem.unprocessable(fields)
        case .noTotal: throw Problem.noTotal
        case .catalogUnavailable: throw Problem.catalogUnavailable
        }
    }

    /// `GET /orders`: one page of the caller's orders, newest first. Staff get all orders, or those of `?account=`.
    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderListResponse {
        let page = try PageRequest(of: request)
        let isStaff = context.identity.allows(Self.readAllScope)
        let requested = try Self.account(of: request)
        let account = isStaff ? requested : try context.identity.account
        let orders = if let account { try await store.orders(of: account, page) } else { try await store.orders(page) }
        return OrderListResponse(page.cut(orders) { $0.id }, forStaff: isStaff)
    }

    /// `GET /orders/{id}`: the order; 404 if the caller has no such order. Staff get the orders of all accounts.
    private func show(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderResponse {
        let id = try context.parameters.id()
        let isStaff = context.identity.allows(Self.readAllScope)
        let order = isStaff ? try await store.order(id) : try await store.order(id, of: context.identity.account)
        guard let order else { throw Problem.noSuchOrder }
        return OrderResponse(order, forStaff: isStaff)
    }

    /// `POST /orders/{id}/cancel`: the cancelled order, also if repeated; 404 if the caller has no such order.
    private func cancel(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderResponse {
        let id = try context.parameters.id()
        guard let order = try await checkout.cancel(id, of: context.identity.subject) else {
            throw Problem.noSuchOrder
        }
        return OrderResponse(order)
    }

    /// The parameter `?account=`. The service validates the parameter for customers too, but ignores its value for
    /// them.
    private static func account(of request: Request) throws -> String? {
        guard let text = request.uri.queryParameters["account"] else { return nil }
        guard let id = UUID(text: text) else {
            throw Problem.unprocessable([.init("account", "must be the id of an account")])
        }
        return id.lowercase
    }

    private static let maximumKeyBytes = 255

    private static func idempotencyKey(of request: Request) throws -> String? {
        let keys = request.headers[values: .idempotencyKey]
        guard let key = keys.first else { return nil }
        let isVisibleASCII = key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard keys.count == 1, isVisibleASCII, (1...maximumKeyBytes).contains(key.utf8.count) else {
            throw Problem.badRequest("Idempotency-Key must be 1 to \(maximumKeyBytes) visible ASCII characters.")
        }
        return key
    }
}

extension HTTPField.Name {
    static let idempotencyKey = constant("Idempotency-Key")
}

extension Problem {
    static let noSuchOrder = notFound("There is no such order.")

    fileprivate static let requestInProgress = Problem(
        .conflict, code: "request_in_progress", detail: "A request with this Idempotency-Key is in progress.",
        headers: [.retryAfter: "1"])

    fileprivate static let keyReused = Problem(
        .unprocessableContent, code: "idempotency_key_reused",
        detail: "This Idempotency-Key was used for another order. Use a new key.")

    fileprivate static func outOfStock(_ products: [String]) -> Problem {
        .conflict(
            code: "out_of_stock", "There is not enough of some products. Nothing was ordered.",
            extensions: ["out_of_stock": products])
    }

    fileprivate static let noTotal = unprocessable([
        .init("items", "have prices in several currencies, or their total is too high; place several orders")
    ])

    fileprivate static let catalogUnavailable = unavailable(
        code: "catalog_unavailable", "The catalog is unavailable. Nothing was ordered. Try again.")
}
