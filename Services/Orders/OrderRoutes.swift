import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// My orders, and everybody's for staff.
struct OrderRoutes: Sendable {
    let store: OrderStore
    let checkout: Checkout

    private static let readAllScope = "orders:read:all"

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user, scope: "orders:read")
            .get("orders", use: list)
            .get("orders/{id}", use: show)
        router.behind(authenticator, .user, scope: "orders:write")
            .post("orders", use: place)
            .post("orders/{id}/cancel", use: cancel)
    }

    /// `POST /orders`: 201 with the order, also when an `Idempotency-Key` finds the earlier one.
    private func place(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> EditedResponse<
        OrderBody
    > {
        let key = try idempotencyKey(of: request)
        let basket = try await request.decode(as: BasketBody.self, context: context).basket()
        let order = try await checkout.place(
            basket, for: context.identity.subject, key: key, logger: context.logger)
        return EditedResponse(
            status: .created, headers: [.location: "/orders/\(order.id.lowercase)"], response: OrderBody(order))
    }

    /// `GET /orders`: my own, newest first; for staff all, or those of `?account=`.
    private func list(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderList {
        let page = try PageRequest(of: request)
        let isStaff = context.identity.allows(Self.readAllScope)
        let asked = try Self.account(of: request)
        let account = isStaff ? asked : context.identity.subject
        let orders = if let account { try await store.orders(of: account, page) } else { try await store.orders(page) }
        return OrderList(page.cut(orders, id: \.id), forStaff: isStaff)
    }

    /// `GET /orders/{id}`: someone else's is not there, except for staff.
    private func show(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderBody {
        let id = try context.parameters.id()
        let isStaff = context.identity.allows(Self.readAllScope)
        let order = isStaff ? try await store.order(id) : try await store.order(id, of: context.identity.subject)
        guard let order else { throw Problem.notFound("There is no such order.") }
        return OrderBody(order, forStaff: isStaff)
    }

    /// `POST /orders/{id}/cancel`: twice is the same as once.
    private func cancel(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> OrderBody {
        let id = try context.parameters.id()
        guard let order = try await checkout.cancel(id, of: context.identity.subject) else {
            throw Problem.notFound("There is no such order.")
        }
        return OrderBody(order)
    }

    /// `?account=`, checked also where it is ignored: one route has one rule for it.
    private static func account(of request: Request) throws -> String? {
        guard let text = request.uri.queryParameters["account"] else { return nil }
        guard let id = UUID(lowercase: text) else {
            throw Problem.unprocessable([.init("account", "must be the id of an account")])
        }
        return id.lowercase
    }

    private static let maxKeyBytes = 255

    private func idempotencyKey(of request: Request) throws -> String? {
        let keys = request.headers[values: .idempotencyKey]
        guard let key = keys.first else { return nil }
        let isPlain = key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard keys.count == 1, isPlain, (1...Self.maxKeyBytes).contains(key.utf8.count) else {
            throw Problem.badRequest("Idempotency-Key must be 1 to \(Self.maxKeyBytes) visible ASCII characters.")
        }
        return key
    }
}

extension HTTPField.Name {
    static let idempotencyKey = constant("Idempotency-Key")
}

/// The body of `POST /orders`.
private struct BasketBody: Decodable {
    let items: [Item]

    struct Item: Decodable {
        let product_id: String
        let quantity: JSONInteger
    }

    private static let maxItems = 100
    private static let maxQuantity = 10_000

    /// - Throws: `Problem` with 422 that names every field that does not fit.
    func basket() throws -> Basket {
        guard (1...Self.maxItems).contains(items.count) else {
            throw Problem.unprocessable([.init("items", "must be a list of 1 to \(Self.maxItems) items")])
        }
        var faults: [Problem.InvalidField] = []
        var lines: [Basket.Line] = []
        for (index, item) in items.enumerated() {
            if !(1...Self.maxQuantity).contains(item.quantity.value) {
                faults.append(.init("items[\(index)].quantity", "must be from 1 to \(Self.maxQuantity)"))
            }
            if let id = UUID(lowercase: item.product_id) {
                lines.append(.init(productID: id, quantity: item.quantity.value))
            } else {
                faults.append(.init("items[\(index)].product_id", "must be the id of a product"))
            }
        }
        guard faults.isEmpty else { throw Problem.unprocessable(faults) }
        return Basket(lines: lines)
    }
}

/// An order as its customer sees it; staff see whose it is.
struct OrderBody: ResponseEncodable {
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
struct OrderList: ResponseEncodable {
    let orders: [OrderBody]
    let next: String?

    init(_ page: (rows: [Order], next: String?), forStaff: Bool) {
        orders = page.rows.map { OrderBody($0, forStaff: forStaff) }
        next = page.next
    }
}
