import Foundation
import HTTPTypes
import Hummingbird
import JWTAuth
import ServiceRuntime

/// Products: everyone reads them, staff change them.
struct ProductRoutes: Sendable {
    let store: CatalogStore
    let clock: WallClock

    func add(to router: Router<AppRequestContext>, _ authenticator: JWTAuthenticator) {
        router
            .get("products", use: list)
            .get("products/{id}", use: show)
        router.behind(authenticator, .user, scope: "catalog:write")
            .post("products", use: create)
            .patch("products/{id}", use: change)
            .delete("products/{id}", use: delete)
    }

    /// `GET /products`: in the order in which they were created.
    private func list(_ request: Request, _ context: AppRequestContext) async throws -> ProductList {
        let page = try PageRequest(of: request)
        let products = try await store.products(page)
        return ProductList(page.cut(products, id: \.id))
    }

    /// `GET /products/{id}`
    private func show(_ request: Request, _ context: AppRequestContext) async throws -> ProductBody {
        guard let product = try await store.product(context.parameters.id()) else { throw Self.noSuchProduct }
        return ProductBody(product)
    }

    /// `POST /products`: 201 with the product.
    private func create(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> EditedResponse<
        ProductBody
    > {
        let fields = try await request.decode(as: ProductFields.self, context: context)
        let product = try fields.product(id: .version7(at: clock.now()))
        try await store.add([product])
        return EditedResponse(
            status: .created, headers: [.location: "/products/\(product.id.lowercase)"], response: ProductBody(product))
    }

    /// `PATCH /products/{id}`: changes the fields that are given and answers the product.
    private func change(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> ProductBody {
        let id = try context.parameters.id()
        let fields = try await request.decode(as: ProductFields.self, context: context)
        try fields.validate()
        guard let product = try await store.change(id, to: fields) else { throw Self.noSuchProduct }
        return ProductBody(product)
    }

    /// `DELETE /products/{id}`: 204; 404 when it is not there.
    private func delete(_ request: Request, _ context: AuthenticatedRequestContext) async throws -> HTTPResponse.Status
    {
        guard try await store.delete(context.parameters.id()) else { throw Self.noSuchProduct }
        return .noContent
    }

    private static let noSuchProduct = Problem.notFound("There is no such product.")
}

/// The body of `GET /products`.
struct ProductList: ResponseEncodable {
    let products: [ProductBody]
    let next: String?

    init(_ page: (rows: [Product], next: String?)) {
        products = page.rows.map(ProductBody.init)
        next = page.next
    }
}

/// A product as clients see it.
struct ProductBody: ResponseEncodable {
    let id, name, description: String
    let price_cents: Int
    let currency: String
    let stock: Int

    init(_ product: Product) {
        id = product.id.lowercase
        name = product.name
        description = product.description
        price_cents = product.priceCents
        currency = product.currency
        stock = product.stock
    }
}
