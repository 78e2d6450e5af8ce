import Configuration
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

/// A catalog without products, built by the function that `main` uses, and what staff and orders do with it.
struct TestCatalog: Sendable {
    let clock = TestClock()
    var mint: TokenMint { TokenMint(clock) }

    func application(_ environment: [String: String] = [:]) async throws -> some ApplicationProtocol {
        let variables = TokenMint.environment.merging(environment) { $1 }
        return try await Catalog.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            clock: clock.clock)
    }

    func staffToken() throws -> String {
        try mint.user(UUID(), audience: "catalog", scope: "orders:read catalog:write")
    }

    /// The token that orders signs for one request.
    func ordersToken(_ method: HTTPRequest.Method, _ path: String) throws -> String {
        try mint.service(
            "orders", audience: "catalog", scope: "stock:reserve",
            requestHash: RequestHash.of(method: method.rawValue, path: path, query: nil))
    }

    /// Creates a product and returns its id.
    func addProduct(
        _ client: some TestClientProtocol, name: String = "Lamp", stock: Int = 10
    ) async throws -> String {
        clock.advance(seconds: 1)
        let response = try await client.send(
            .post, "/products", token: staffToken(), json: #"{"name":"\#(name)","price_cents":2500,"stock":\#(stock)}"#)
        #expect(response.status == 201)
        return try #require(response.json["id"] as? String)
    }

    func stock(_ client: some TestClientProtocol, of product: String) async throws -> Int? {
        try await client.send(.get, "/products/\(product)").json["stock"] as? Int
    }

    /// Reserves products as orders does.
    func reserve(
        _ client: some TestClientProtocol, _ id: UUID, _ items: [(product: String, quantity: Int)]
    ) async throws -> ReceivedResponse {
        let items = items.map { #"{"product_id":"\#($0.product)","quantity":\#($0.quantity)}"# }
        return try await reserve(client, id, json: #"{"items":[\#(items.joined(separator: ","))]}"#)
    }

    func reserve(_ client: some TestClientProtocol, _ id: UUID, json: String) async throws -> ReceivedResponse {
        let path = "/reservations/\(id.lowercase)"
        return try await client.send(.put, path, token: ordersToken(.put, path), json: json)
    }

    func release(_ client: some TestClientProtocol, _ id: UUID) async throws -> ReceivedResponse {
        let path = "/reservations/\(id.lowercase)"
        return try await client.send(.delete, path, token: ordersToken(.delete, path))
    }
}

extension ReceivedResponse {
    /// The body in a form that can be compared as a whole.
    var object: NSDictionary { json as NSDictionary }

    /// The names of the fields that a refusal complains about.
    var faultyFields: [String]? {
        (json["errors"] as? [[String: Any]])?.compactMap { $0["field"] as? String }
    }

    /// The products of a list.
    var products: [[String: Any]] {
        json["products"] as? [[String: Any]] ?? []
    }
}
