import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct ReservationRouteTests {
    private let catalog = TestCatalog()
    private let id = UUID()

    @Test(arguments: [TestingSetup.router, .live])
    func `a reservation takes stock once, and its release gives it back once`(setup: TestingSetup) async throws {
        try await catalog.application().test(setup) { client in
            let lamp = try await catalog.addProduct(client)
            let made = try await catalog.reserve(client, id, [(lamp, 2), (lamp, 1)])
            #expect(made.status == 201)
            let item: NSDictionary = [
                "product_id": lamp, "name": "Lamp", "quantity": 3, "price_cents": 2500, "currency": "EUR",
            ]
            #expect(made.object == ["id": id.lowercase, "items": [item]])

            let price = try await client.send(
                .patch, "/products/\(lamp)", token: catalog.staffToken(), json: #"{"price_cents":1}"#)
            #expect(price.status == 200)
            let repeated = try await catalog.reserve(client, id, [(lamp, 3)])
            #expect(repeated.status == 200)
            #expect(repeated.object == made.object)
            #expect(try await catalog.stock(client, of: lamp) == 7)
            for _ in 1...2 {
                #expect(try await catalog.release(client, id).status == 204)
                #expect(try await catalog.stock(client, of: lamp) == 10)
            }
        }
    }

    @Test func `when one product is short nothing is reserved and the short ones are named`() async throws {
        try await catalog.application().test(.router) { client in
            let lamp = try await catalog.addProduct(client)
            let chair = try await catalog.addProduct(client, name: "Chair", stock: 1)
            let response = try await catalog.reserve(client, id, [(chair, 1), (lamp, 1), (chair, 1)])
            #expect(response.status == 409)
            #expect(response.code == "out_of_stock")
            #expect(response.json["out_of_stock"] as? [String] == [chair])
            #expect(try await catalog.stock(client, of: lamp) == 10)
            #expect(try await catalog.reserve(client, id, [(chair, 1)]).status == 201)
        }
    }

    @Test func `a spent or changed reservation is refused with a code of its own`() async throws {
        try await catalog.application().test(.router) { client in
            let lamp = try await catalog.addProduct(client)
            #expect(try await catalog.reserve(client, id, [(lamp, 1)]).status == 201)
            let changed = try await catalog.reserve(client, id, [(lamp, 2)])
            #expect(changed.status == 409)
            #expect(changed.code == "reservation_differs")
            for spent in [id, UUID()] {
                #expect(try await catalog.release(client, spent).status == 204)
                let late = try await catalog.reserve(client, spent, [(lamp, 1)])
                #expect(late.status == 409)
                #expect(late.code == "reservation_released")
            }
            #expect(try await catalog.stock(client, of: lamp) == 10)
        }
    }

    @Test func `an item that is no product is named by its place`() async throws {
        try await catalog.application().test(.router) { client in
            let lamp = try await catalog.addProduct(client)
            let gone = try await catalog.addProduct(client)
            #expect(try await client.send(.delete, "/products/\(gone)", token: catalog.staffToken()).status == 204)
            let response = try await catalog.reserve(client, id, [(gone, 1), (lamp, 1), (UUID().lowercase, 1)])
            #expect(response.status == 422)
            #expect(response.faultyFields == ["items[0].product_id", "items[2].product_id"])
            #expect(try await catalog.stock(client, of: lamp) == 10)
        }
    }

    @Test func `a product that is deleted while it is reserved can still be released`() async throws {
        try await catalog.application().test(.router) { client in
            let lamp = try await catalog.addProduct(client)
            #expect(try await catalog.reserve(client, id, [(lamp, 1)]).status == 201)
            #expect(try await client.send(.delete, "/products/\(lamp)", token: catalog.staffToken()).status == 204)
            #expect(try await catalog.reserve(client, id, [(lamp, 1)]).status == 200)
            #expect(try await catalog.release(client, id).status == 204)
        }
    }

    @Test func `fifty orders for the last ten lamps get ten`() async throws {
        try await catalog.application().test(.live) { client in
            let lamp = try await catalog.addProduct(client)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...50 {
                    group.addTask { try await catalog.reserve(client, UUID(), [(lamp, 1)]).status }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 10, 409: 40])
            #expect(try await catalog.stock(client, of: lamp) == 0)
        }
    }

    @Test func `only a token that orders signed for this request opens the stock`() async throws {
        let path = "/reservations/\(id.lowercase)"
        let right = RequestHash.of(method: "PUT", path: path, query: nil)
        let wrong = RequestHash.of(method: "DELETE", path: path, query: nil)
        let mint = catalog.mint
        let refused: [(String?, Int)] = [
            (nil, 401),
            (try mint.user(UUID(), audience: "catalog", scope: "stock:reserve"), 401),
            (try mint.service("inbox", audience: "catalog", scope: "stock:reserve", requestHash: right), 401),
            (try mint.service("orders", audience: "inbox", scope: "stock:reserve", requestHash: right), 401),
            (try mint.service("orders", audience: "catalog", scope: "stock:reserve", requestHash: wrong), 401),
            (try mint.service("orders", audience: "catalog", scope: "inbox:write", requestHash: right), 403),
        ]
        try await catalog.application().test(.router) { client in
            for (token, status) in refused {
                let response = try await client.send(.put, path, token: token, json: "{}")
                #expect(response.status == status)
            }
            #expect(try await catalog.reserve(client, id, json: "{}").status == 422)
        }
    }

    @Test(arguments: [
        (#"{}"#, "items"), (#"{"items":null}"#, "items"), (#"{"items":{}}"#, "items"), (#"{"items":[]}"#, "items"),
        (#"{"items":[1]}"#, "items[0]"), (#"{"items":[{"quantity":1}]}"#, "items[0].product_id"), ("[]", ""),
    ])
    func `a body that is not a list of items is refused`(json: String, field: String) async throws {
        try await catalog.application().test(.router) { client in
            let response = try await catalog.reserve(client, id, json: json)
            #expect(response.status == 422)
            #expect(response.faultyFields == [field])
        }
    }

    @Test(arguments: [
        ("7", "1", "product_id"), (#""lamp""#, "1", "product_id"), (#""""#, "1", "product_id"),
        (#""0190F8B2-7A6C-7C3E-8D5F-0123456789AB""#, "1", "product_id"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab ""#, "1", "product_id"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "0", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "-1", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "10001", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "0.5", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, "1e18", "quantity"),
        (#""0190f8b2-7a6c-7c3e-8d5f-0123456789ab""#, #""1""#, "quantity"),
    ])
    func `an item that does not fit is named`(product: String, quantity: String, field: String) async throws {
        try await catalog.application().test(.router) { client in
            let good = #"{"product_id":"0190f8b2-7a6c-7c3e-8d5f-0123456789ab","quantity":1}"#
            let bad = #"{"product_id":\#(product),"quantity":\#(quantity)}"#
            let response = try await catalog.reserve(client, id, json: #"{"items":[\#(good),\#(bad)]}"#)
            #expect(response.status == 422)
            #expect(response.faultyFields == ["items[1].\(field)"])
        }
    }

    @Test func `a reservation has at most 100 items`() async throws {
        try await catalog.application().test(.router) { client in
            let lamp = try await catalog.addProduct(client, stock: 1000)
            let tooMany = try await catalog.reserve(client, id, Array(repeating: (lamp, 1), count: 101))
            #expect(tooMany.status == 422)
            #expect(tooMany.faultyFields == ["items"])
            #expect(try await catalog.reserve(client, id, Array(repeating: (lamp, 1), count: 100)).status == 201)
            #expect(try await catalog.stock(client, of: lamp) == 900)
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", "0198F2B4-0000-7000-8000-000000000000", String(repeating: "a", count: 5000)])
    func `an id that is none is not there`(id: String) async throws {
        try await catalog.application().test(.router) { client in
            let path = "/reservations/\(id)"
            let response = try await client.send(.delete, path, token: catalog.ordersToken(.delete, path))
            #expect(response.status == 404)
        }
    }
}
