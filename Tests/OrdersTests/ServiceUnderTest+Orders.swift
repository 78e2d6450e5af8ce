import Database
import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// The customer of most tests.
let alice = UUID()
/// Another customer.
let bob = UUID()
/// The scope of staff, who read the orders of all accounts.
let staffScope = "orders:read orders:read:all"

/// An order as its customer receives it.
struct ReceivedOrder: Decodable, Equatable {
    struct Item: Decodable, Equatable {
        let productId, name: String
        let quantity, priceCents: Int
    }

    let id, status, currency, createdAt: String
    let totalCents: Int
    let items: [Item]
    let accountId: String?
}

/// The body of `GET /orders`.
struct ReceivedOrders: Decodable {
    let orders: [ReceivedOrder]
    let next: String?

    var ids: [String] { orders.map(\.id) }
}

extension ServiceUnderTest<Orders> {
    /// Runs orders, with a stub that stands in for catalog and inbox. All three use real sockets.
    static func run(
        beside stub: StubServices = StubServices(), clock: TestClock = TestClock(), folder: TemporaryFolder? = nil,
        _ body: @Sendable (Self) async throws -> Void
    ) async throws {
        try await stub.run { url in
            try await run(.live, environment: environment(url), clock: clock, folder: folder, body)
        }
    }

    /// Runs orders twice on one database, with one stub.
    static func runTwice(
        beside stub: StubServices = StubServices(),
        _ body: @Sendable (_ first: Self, _ second: Self) async throws -> Void
    ) async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        try await stub.run { url in
            try await run(.live, environment: environment(url), clock: clock, folder: folder) { first in
                try await run(.live, environment: environment(url), clock: clock, folder: folder) { second in
                    try await body(first, second)
                }
            }
        }
    }

    private static func environment(_ url: String) -> [String: String] {
        ["CATALOG_URL": url, "INBOX_URL": url, "TOKEN_COOKIE": "on"]
    }

    /// An access token of a customer, or of staff if the scope is `staffScope`.
    func token(_ account: UUID = alice, scope: String = "orders:read orders:write") throws -> String {
        try tokens.user(account, audience: "orders", scope: scope)
    }

    /// Sends `POST /orders` with one item.
    func place(
        _ quantity: Int = 2, of product: UUID = UUID(), for account: UUID = alice, key: String? = nil
    ) async throws -> ReceivedResponse {
        try await place([(product.lowercase, quantity)], for: account, key: key)
    }

    /// Sends `POST /orders`.
    func place(
        _ items: [(product: String, quantity: Int)], for account: UUID = alice, key: String? = nil
    ) async throws -> ReceivedResponse {
        let items = items.map { #"{"product_id":"\#($0.product)","quantity":\#($0.quantity)}"# }
        return try await client.send(
            .post, "/orders", token: token(account), headers: key.map { [.idempotencyKey: $0] } ?? [:],
            json: #"{"items":[\#(items.joined(separator: ","))]}"#)
    }

    /// Places an order and returns it.
    func placedOrder(for account: UUID = alice, key: String? = nil) async throws -> ReceivedOrder {
        let response = try await place(for: account, key: key)
        try #require(response.status == 201)
        return try response.decoded()
    }

    /// The orders that `GET /orders` lists.
    func orders(
        _ query: String = "", of account: UUID = alice, scope: String = "orders:read"
    ) async throws -> ReceivedOrders {
        try await client.send(.get, "/orders\(query)", token: token(account, scope: scope)).decoded()
    }

    func cancel(_ order: String, of account: UUID = alice) async throws -> ReceivedResponse {
        try await client.send(.post, "/orders/\(order)/cancel", token: token(account))
    }

    /// The rows of a query on the database of the service.
    func rows(_ sql: String) async throws -> [Row] { try await folder.rows(sql) }
}
