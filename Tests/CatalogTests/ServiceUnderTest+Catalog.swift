import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

/// A product as every client receives it.
struct ReceivedProduct: Decodable, Equatable {
    let id, name, description: String
    let priceCents: Int
    let currency: String
    let stock: Int
}

/// The body of `GET /products`.
struct ReceivedProducts: Decodable {
    let products: [ReceivedProduct]
    let next: String?
}

extension ServiceUnderTest<Catalog> {
    /// An access token of staff.
    func staffToken() throws -> String {
        try tokens.user(UUID(), audience: "catalog", scope: "orders:read catalog:write")
    }

    /// The token that orders signs for one request.
    func ordersToken(_ method: HTTPRequest.Method, _ path: String) throws -> String {
        try tokens.service(
            "orders", audience: "catalog", scope: "stock:reserve",
            requestHash: RequestHash.of(method: method.rawValue, path: path, query: nil))
    }

    /// Creates a product and returns its id.
    func addProduct(name: String = "Lamp", stock: Int = 10) async throws -> String {
        clock.advance(seconds: 1)
        let response = try await client.send(
            .post, "/products", token: staffToken(), json: #"{"name":"\#(name)","price_cents":2500,"stock":\#(stock)}"#)
        try #require(response.status == 201)
        return try #require(response["id"])
    }

    /// The products that `GET /products` lists.
    func products(_ query: String = "") async throws -> ReceivedProducts {
        try await client.send(.get, "/products\(query)").decoded()
    }

    func product(_ id: String) async throws -> ReceivedProduct {
        try await client.send(.get, "/products/\(id)").decoded()
    }

    func delete(_ product: String) async throws -> ReceivedResponse {
        try await client.send(.delete, "/products/\(product)", token: staffToken())
    }

    /// Reserves products, as orders does.
    func reserve(_ id: UUID, _ items: [(product: String, quantity: Int)]) async throws -> ReceivedResponse {
        let items = items.map { #"{"product_id":"\#($0.product)","quantity":\#($0.quantity)}"# }
        return try await reserve(id, json: #"{"items":[\#(items.joined(separator: ","))]}"#)
    }

    /// Sends the body of a reservation, as orders does.
    func reserve(_ id: UUID, json: String) async throws -> ReceivedResponse {
        let path = "/reservations/\(id.lowercase)"
        return try await client.send(.put, path, token: ordersToken(.put, path), json: json)
    }

    /// Releases a reservation, as orders does.
    func release(_ id: UUID) async throws -> ReceivedResponse {
        let path = "/reservations/\(id.lowercase)"
        return try await client.send(.delete, path, token: ordersToken(.delete, path))
    }
}

extension ReceivedResponse {
    /// The JSON object in the body, to compare it with all of its members.
    var object: NSDictionary { json as NSDictionary }
}
