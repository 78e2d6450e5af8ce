import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct ReservationRouteTests {
    private let id = UUID()

    @Test(arguments: [TestingSetup.router, .live])
    func `a repeated reservation takes stock once, and a repeated release returns it once`(
        setup: TestingSetup
    ) async throws {
        try await ServiceUnderTest<Catalog>.run(setup) { catalog in
            let lamp = try await catalog.addProduct()
            let made = try await catalog.reserve(id, [(lamp, 2), (lamp, 1)])
            #expect(made.status == 201)
            let item: NSDictionary = [
                "product_id": lamp, "name": "Lamp", "quantity": 3, "price_cents": 2500, "currency": "EUR",
            ]
            #expect(made.object == ["id": id.lowercase, "items": [item]])

            let change = try await catalog.client.send(
                .patch, "/products/\(lamp)", token: catalog.staffToken(), json: #"{"price_cents":1}"#)
            #expect(change.status == 200)
            let repeated = try await catalog.reserve(id, [(lamp, 3)])
            #expect(repeated.status == 200)
            #expect(repeated.object == made.object)
            #expect(try await catalog.product(lamp).stock == 7)
            for _ in 1...2 {
                #expect(try await catalog.release(id).status == 204)
                #expect(try await catalog.product(lamp).stock == 10)
            }
        }
    }

    @Test func `a reservation that exceeds the stock reserves nothing and names the products`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let lamp = try await catalog.addProduct()
            let chair = try await catalog.addProduct(name: "Chair", stock: 1)
            let response = try await catalog.reserve(id, [(chair, 1), (lamp, 1), (chair, 1)])
            #expect(response.status == 409)
            #expect(response.code == "out_of_stock")
            #expect(response.json["out_of_stock"] as? [String] == [chair])
            #expect(try await catalog.product(lamp).stock == 10)
            #expect(try await catalog.reserve(id, [(chair, 1)]).status == 201)
        }
    }

    @Test func `a released reservation and one with other items are rejected with different codes`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let lamp = try await catalog.addProduct()
            #expect(try await catalog.reserve(id, [(lamp, 1)]).status == 201)
            let changed = try await catalog.reserve(id, [(lamp, 2)])
            #expect(changed.status == 409)
            #expect(changed.code == "reservation_differs")
            for released in [id, UUID()] {
                #expect(try await catalog.release(released).status == 204)
                let late = try await catalog.reserve(released, [(lamp, 1)])
                #expect(late.status == 409)
                #expect(late.code == "reservation_released")
            }
            #expect(try await catalog.product(lamp).stock == 10)
        }
    }

    @Test func `an unknown or deleted product is named by the index of its item`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let lamp = try await catalog.addProduct()
            let deleted = try await catalog.addProduct()
            #expect(try await catalog.delete(deleted).status == 204)
            let response = try await catalog.reserve(id, [(deleted, 1), (lamp, 1), (UUID().lowercase, 1)])
            #expect(response.status == 422)
            #expect(response.invalidFields == ["items[0].product_id", "items[2].product_id"])
            #expect(try await catalog.product(lamp).stock == 10)
        }
    }

    @Test func `a reservation outlives the deletion of its product`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let lamp = try await catalog.addProduct()
            #expect(try await catalog.reserve(id, [(lamp, 1)]).status == 201)
            #expect(try await catalog.delete(lamp).status == 204)
            #expect(try await catalog.reserve(id, [(lamp, 1)]).status == 200)
            #expect(try await catalog.release(id).status == 204)
        }
    }

    @Test func `fifty concurrent orders for the last ten lamps reserve ten lamps`() async throws {
        try await ServiceUnderTest<Catalog>.run(.live) { catalog in
            let lamp = try await catalog.addProduct()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...50 {
                    group.addTask { try await catalog.reserve(UUID(), [(lamp, 1)]).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 10, 409: 40])
            #expect(try await catalog.product(lamp).stock == 0)
        }
    }

    @Test func `a reservation needs a token that orders signed for this request`() async throws {
        let path = "/reservations/\(id.lowercase)"
        let right = RequestHash.of(method: "PUT", path: path, query: nil)
        let wrong = RequestHash.of(method: "DELETE", path: path, query: nil)
        try await ServiceUnderTest<Catalog>.run { catalog in
            let tokens = catalog.tokens
            let rejected: [(String?, Int)] = [
                (nil, 401),
                (try tokens.user(UUID(), audience: "catalog", scope: "stock:reserve"), 401),
                (try tokens.service("inbox", audience: "catalog", scope: "stock:reserve", requestHash: right), 401),
                (try tokens.service("orders", audience: "inbox", scope: "stock:reserve", requestHash: right), 401),
                (try tokens.service("orders", audience: "catalog", scope: "stock:reserve", requestHash: wrong), 401),
                (try tokens.service("orders", audience: "catalog", scope: "inbox:write", requestHash: right), 403),
            ]
            for (token, status) in rejected {
                #expect(try await catalog.client.send(.put, path, token: token, json: "{}").status == status)
            }
            #expect(try await catalog.reserve(id, json: "{}").status == 422)
        }
    }

    @Test(arguments: [
        (#"{}"#, "items"), (#"{"items":null}"#, "items"), (#"{"items":{}}"#, "items"), (#"{"items":[]}"#, "items"),
        (#"{"items":[1]}"#, "items[0]"), (#"{"items":[{"quantity":1}]}"#, "items[0].product_id"), ("[]", ""),
    ])
    func `a reservation whose body is not a list of items is rejected`(json: String, field: String) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let response = try await catalog.reserve(id, json: json)
            #expect(response.status == 422)
            #expect(response.invalidFields == [field])
        }
    }

    @Test(arguments: [
        ("7", "1", "product_id"), (#""lamp""#, "1", "product_id"), (#""""#, "1", "product_id"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab ""#, "1", "product_id"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "0", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "-1", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "10001", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "0.5", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "1e18", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, #""1""#, "quantity"),
    ])
    func `an invalid item of a reservation is named by its index`(
        product: String, quantity: String, field: String
    ) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let valid = #"{"product_id":"0190f8b2-7a6c-7c3e-8d5f-0123456789ab","quantity":1}"#
            let invalid = #"{"product_id":\#(product),"quantity":\#(quantity)}"#
            let response = try await catalog.reserve(id, json: #"{"items":[\#(valid),\#(invalid)]}"#)
            #expect(response.status == 422)
            #expect(response.invalidFields == ["items[1].\(field)"])
        }
    }

    @Test func `a reservation has at most 100 items`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let lamp = try await catalog.addProduct(stock: 1000)
            let rejected = try await catalog.reserve(id, Array(repeating: (lamp, 1), count: 101))
            #expect(rejected.status == 422)
            #expect(rejected.invalidFields == ["items"])
            #expect(try await catalog.reserve(id, Array(repeating: (lamp, 1), count: 100)).status == 201)
            #expect(try await catalog.product(lamp).stock == 900)
        }
    }

    @Test func `an unknown product is named by its index if its id is in upper case`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let response = try await catalog.reserve(
                id, json: #"{"items":[{"product_id":"0190F8B2-7A6C-7C3E-8D5F-0123456789AB","quantity":1}]}"#)
            #expect(response.status == 422)
            #expect(response.invalidFields == ["items[0].product_id"])
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", String(repeating: "a", count: 5000)])
    func `a request with an invalid reservation id returns 404`(id: String) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let path = "/reservations/\(id)"
            let response = try await catalog.client.send(.delete, path, token: catalog.ordersToken(.delete, path))
            #expect(response.status == 404)
        }
    }
}
