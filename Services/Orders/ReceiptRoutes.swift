import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import Mustache
import ServiceRuntime

/// Receipts behind links that work once, so that they can be opened where no header can be sent.
struct ReceiptRoutes: Sendable {
    let store: OrderStore
    let tokens: ServiceTokenIssuer
    let clock: WallClock
    private let page: MustacheTemplate

    init(store: OrderStore, tokens: ServiceTokenIssuer, clock: WallClock) throws {
        self.store = store
        self.tokens = tokens
        self.clock = clock
        page = try MustacheTemplate(html: Self.template)
    }

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        let spend: @Sendable (String, Date) async throws -> Bool = { id, expiry in
            try await store.spendLink(id, until: expiry, at: clock.now())
        }
        router.behind(authenticator, .user, scope: "orders:read").post("orders/{id}/receipt-link", use: makeLink)
        router.behind(authenticator, .link(spend: spend)).get("orders/{id}/receipt", use: receipt)
    }

    private struct Link: ResponseEncodable {
        let url, expires_at: String
    }

    /// `POST /orders/{id}/receipt-link`: 201 with a link that works once within a minute.
    private func makeLink(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> EditedResponse<
        Link
    > {
        let order = try await order(context)
        let path = "/orders/\(order.id.lowercase)/receipt"
        let (token, expiry) = try tokens.link(to: path, for: context.identity.subject)
        let scheme = request.headers[.forwardedProto] == "https" ? "https" : "http"
        let url = "\(scheme)://\(request.head.authority ?? "localhost")\(path)?token=\(token)"
        return EditedResponse(
            status: .created, headers: [.cacheControl: "no-store"],
            response: Link(url: url, expires_at: expiry.rfc3339))
    }

    /// `GET /orders/{id}/receipt?token=`: the receipt as a page; a second time 401.
    private func receipt(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let order = try await order(context)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .referrerPolicy: "no-referrer",
                .contentSecurityPolicy: Self.policy, .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: .init(string: page.render(ReceiptPage(order)))))
    }

    private func order(_ context: AuthenticatedRequestContext) async throws -> Order {
        let id = try context.parameters.id()
        guard let order = try await store.order(id, of: context.identity.subject) else {
            throw Problem.notFound("There is no such order.")
        }
        return order
    }

    private static let policy = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

    private static let template = """
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

/// What the page of a receipt shows.
private struct ReceiptPage {
    let id, createdAt, status, total: String
    let items: [Item]

    struct Item {
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
}

extension HTTPField.Name {
    fileprivate static let forwardedProto = constant("X-Forwarded-Proto")
}
