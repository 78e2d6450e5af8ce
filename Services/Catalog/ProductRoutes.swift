import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// The routes under `/products`: everyone reads products, staff change them.
struct ProductRoutes: Sendable {
    let store: CatalogStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router
            .get("products", use: list)
            .get("products/{id}", use: show)
        router.behind(authenticator, .access, scope: "catalog:write")
            .post("products", use: create)
            .patch("products/{id}", use: change)
            .delete("products/{id}", use: delete)
    }

    /// `GET /products`: one page of products, oldest first.
    private func list(_ request: Request, _ context: AppRequestContext) async throws -> ProductListResponse {
        let page = try PageRequest(of: request)
        let products = try await store.products(page)
        return ProductListResponse(page.cut(products) { $0.id })
    }

    /// `GET /products/{id}`: the product; 404 if there is no such product.
    private func show(_ request: Request, _ context: AppRequestContext) async throws -> ProductResponse {
        guard let product = try await store.product(context.parameters.id()) else { throw Problem.noSuchProduct }
        return ProductResponse(product)
    }

    /// `POST /products`: 201 with the new product.
    private func create(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> EditedResponse<ProductResponse> {
        let body = try await request.decode(as: ProductRequest.self, context: context)
        let product = try body.product(id: .version7(at: clock.now()))
        try await store.add([product])
        return EditedResponse(
            status: .created, headers: [.location: "/products/\(product.id.lowercase)"],
            response: ProductResponse(product))
    }

    /// `PATCH /products/{id}`: changes the fields that the body names, and returns the product.
    private func change(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> ProductResponse {
        let id = try context.parameters.id()
        let body = try await request.decode(as: ProductRequest.self, context: context)
        try body.validate()
        guard let product = try await store.change(id, to: body) else { throw Problem.noSuchProduct }
        return ProductResponse(product)
    }

    /// `DELETE /products/{id}`: 204; 404 if there is no such product.
    private func delete(
        _ request: Request, _ context: AuthenticatedRequestContext
    ) async throws -> HTTPResponse.Status {
        guard try await store.delete(context.parameters.id()) else { throw Problem.noSuchProduct }
        return .noContent
    }
}

extension Problem {
    fileprivate static let noSuchProduct = notFound("There is no such product.")
}
