import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct OrderRequestTests {
    private static let product = UUID().lowercase

    @Test(arguments: [
        ("{}", "items"), (#"{"items":null}"#, "items"), (#"{"items":[]}"#, "items"), (#"{"items":{}}"#, "items"),
        ("[]", ""), (#"{"items":[1]}"#, "items[0]"), (#"{"items":[{}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":7,"quantity":1}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"\#(product)"}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":null}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":0}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":-1}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":10001}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":1.5}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":1e300}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":"1"}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"","quantity":1}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"../x","quantity":1}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"\#(product) ","quantity":1}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"\u0000","quantity":1}]}"#, ""),
    ])
    func `an invalid order is rejected with the name of its field, and catalog is not called`(
        json: String, field: String
    ) async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.client.send(.post, "/orders", token: orders.token(), json: json)
            #expect(response.status == 422)
            #expect(response.invalidFields == [field])
            #expect(stub.calls(.put) == [])
            #expect(try await orders.folder.statuses() == [])
        }
    }

    @Test func `every invalid item of an order is named`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.place([("x", 0), (Self.product, 1), (Self.product, 10_001), ("y", 1)])
            #expect(
                response.invalidFields == [
                    "items[0].quantity", "items[0].product_id", "items[2].quantity", "items[3].product_id",
                ])
        }
    }

    @Test(arguments: [
        ("", 400, "invalid_request"), ("{", 400, "invalid_request"), ("{}{}", 400, "invalid_request"),
        (#"{"items":[{"product_id":"\ud800","quantity":1}]}"#, 400, "invalid_request"),
        (String(repeating: "[", count: 100_000), 400, "invalid_request"),
        (#"{"padding":"\#(String(repeating: "x", count: 1 << 20))"}"#, 413, "content_too_large"),
    ])
    func `a malformed or too large body is rejected`(json: String, status: Int, code: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.client.send(.post, "/orders", token: orders.token(), json: json)
            #expect(response.status == status)
            #expect(response.code == code)
        }
    }

    @Test func `a body that is not JSON is rejected`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.client.send(
                .post, "/orders", token: orders.token(), headers: [.contentType: "text/plain"], json: "{}")
            #expect(response.status == 415)
        }
    }

    @Test func `an order has at most 100 items`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let items = (1...101).map { _ in (UUID().lowercase, 1) }
            let rejected = try await orders.place(items)
            #expect(rejected.status == 422)
            #expect(rejected.invalidFields == ["items"])
            #expect(stub.calls(.put) == [])
            let order: ReceivedOrder = try await orders.place(items.dropLast()).decoded()
            #expect(Set(order.items.map(\.productId)) == Set(items.dropLast().map(\.0)))
        }
    }

    @Test func `an order of 10,000 pieces is placed`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order: ReceivedOrder = try await orders.place(10_000).decoded()
            #expect(order.totalCents == 12_500_000)
        }
    }

    @Test func `the quantities of a product that occurs twice are added up`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order: ReceivedOrder = try await orders.place([(Self.product, 1), (Self.product, 2)]).decoded()
            #expect(order.items.map(\.quantity) == [3])
        }
    }

    @Test(arguments: ["x", String(repeating: "é", count: 200), "👩‍👩‍👧", "Robert'); DROP TABLE orders;--", "\u{202e}abc"])
    func `an order stores the name of a product as catalog spells it`(name: String) async throws {
        let catalog = CatalogBehavior.reserves("names a product") {
            $0.map { .init(product_id: $0.product_id, quantity: $0.quantity, name: name) }
        }
        try await ServiceUnderTest<Orders>.run(beside: StubServices(catalog)) { orders in
            let order = try await orders.placedOrder()
            #expect(order.items.map { Array($0.name.utf8) } == [Array(name.utf8)])
            #expect(try await orders.orders().orders == [order])
        }
    }
}
