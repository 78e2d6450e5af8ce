import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import Mustache
import ServiceRuntime

/// The routes of receipts. A receipt is opened with a link that works once, because a browser window sends no bearer token.
struct ReceiptRoutes: Sendable {
    let store: OrderStore
    let tokens: ServiceTokenIssuer
    /// The address that links begin with. The field `Host` does not decide it, because any client can set that.
    let publicURL: String
    private let template: MustacheTemplate

    init(store: OrderStore, tokens: ServiceTokenIssuer, publicURL: String) throws {
        self.store = store
        self.publicURL = publicURL
        self.tokens = tokens
        template = try ReceiptPage.template()
    }

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router.behind(authenticator, .user, scope: "orders:read").post("orders/{id}/receipt-link", use: makeLink)
        router.behind(authenticator, .link(usedLinks: store)).get("orders/{id}/receipt", use: showReceipt)
    }

    private struct ReceiptLinkResponse: ResponseEncodable {
        let url, expires_at: String
    }

    /// `POST /orders/{id}/receipt-link`: 201 with a link that works once, within a minute and while the session lasts.
    private func makeLink(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<ReceiptLinkResponse> {
        let order = try await order(context)
        let path = "/orders/\(order.id.lowercase)/receipt"
        let (token, expiry) = try tokens.link(to: path, for: context.identity)
        return EditedResponse(
            status: .created, headers: [.cacheControl: "no-store"],
            response: ReceiptLinkResponse(url: "\(publicURL)\(path)?token=\(token)", expires_at: expiry.rfc3339))
    }

    /// `GET /orders/{id}/receipt?token=`: the receipt as a web page; 401 if the link was used before.
    private func showReceipt(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> Response {
        let order = try await order(context)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .referrerPolicy: "no-referrer",
                .contentSecurityPolicy: Self.contentSecurityPolicy, .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: .init(string: template.render(ReceiptPage(order)))))
    }

    private func order(_ context: AuthenticatedRequestContext) async throws -> Order {
        let id = try context.parameters.id()
        guard let order = try await store.order(id, of: context.identity.subject) else { throw Problem.noSuchOrder }
        return order
    }

    private static let contentSecurityPolicy =
        "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
}
