import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct CheckoutTests {
    @Test func `an order is placed with its reservation, and inbox gets a message`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let product = UUID()
            let response = try await orders.place(of: product)
            #expect(response.status == 201)
            let order: ReceivedOrder = try response.decoded()
            #expect(response.headers[.location] == "/orders/\(order.id)")
            let expected = ReceivedOrder(
                id: order.id, status: "placed", currency: "EUR", createdAt: orders.clock.now.rfc3339, totalCents: 2500,
                items: [
                    .init(productId: product.lowercase, name: "\u{600}<Mug\u{600}>", quantity: 2, priceCents: 1250)
                ],
                accountId: nil)
            #expect(order == expected)
            #expect(stub.reservations == [order.id])
            let shown = try await orders.client.send(.get, "/orders/\(order.id)", token: orders.token())
            #expect(try shown.decoded() == expected)

            _ = await stub.waitForCalls(.put, "/accounts/\(alice.lowercase)/messages/")
            #expect(try await orders.folder.statuses() == ["placed"])
        }
    }

    @Test func `orders calls catalog on behalf of the customer and inbox as itself`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let order = try await orders.placedOrder()
            let path = "/reservations/\(order.id)"
            #expect(
                stub.calls(.put, path) == [.init(method: .put, path: path, subject: alice.lowercase, actor: "orders")])
            let message = try #require(await stub.waitForCalls(.put, "/accounts/").first)
            #expect(message.subject == "orders")
            #expect(message.actor == nil)
        }
    }

    @Test(arguments: [(CatalogBehavior.outOfStock, 409, "out_of_stock"), (.rejects([]), 422, "invalid_fields")])
    func `the customer gets the reason for which catalog rejects an order, and nothing is ordered`(
        catalog: CatalogBehavior, status: Int, code: String
    ) async throws {
        let stub = StubServices(catalog)
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.place()
            #expect(response.status == status)
            #expect(response.code == code)
            #expect(try await orders.orders().ids == [])
            #expect(try await orders.folder.statuses() == ["abandoned"])
            #expect(stub.calls(.put, "/accounts/") == [])
        }
    }

    @Test func `a rejection of catalog that names no field is about the items`() async throws {
        for body in [#"{"code":"invalid_fields"}"#, #"{"code":"invalid_fields","errors":[]}"#] {
            let stub = StubServices(.responds(.unprocessableContent, body))
            try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
                let response = try await orders.place()
                #expect(response.status == 422)
                #expect(response["detail"]?.contains("items") == true)
            }
        }
    }

    @Test(arguments: [CatalogBehavior.outOfStock, .rejects([])])
    func `the outbox releases a rejected order after its lease, because a repeated request may still reserve stock`(
        catalog: CatalogBehavior
    ) async throws {
        try await CheckoutUnderTest.run(beside: StubServices(catalog)) { orders in
            _ = try await orders.place()
            let reserved = try #require(orders.stub.calls(.put).first)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete) == [])
            orders.clock.advance(seconds: 6)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete).map(\.path) == [reserved.path])
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `a product that is out of stock is named in the response`() async throws {
        try await ServiceUnderTest<Orders>.run(beside: StubServices(.outOfStock)) { orders in
            let product = UUID()
            let response = try await orders.place(of: product)
            #expect(response.json["out_of_stock"] as? [String] == [product.lowercase])
        }
    }

    @Test func `an unknown product is named by the index of its line in the basket`() async throws {
        let known = (0..<8).map { _ in UUID().lowercase }
        let unknown = UUID().lowercase
        try await ServiceUnderTest<Orders>.run(beside: StubServices(.rejects([unknown]))) { orders in
            let products = known + [known[3], unknown] + known.reversed()
            let response = try await orders.place(products.map { ($0, 1) })
            #expect(response.status == 422)
            #expect(response.invalidFields == ["items[9].product_id"])
        }
    }

    @Test(arguments: [
        CatalogBehavior.timesOut, .responds(.internalServerError), .responds(.badGateway, "<html>"),
        .responds(.serviceUnavailable, #"{"code":"storage_unavailable"}"#), .responds(.unauthorized),
        .responds(.forbidden), .responds(.notFound), .responds(.tooManyRequests), .responds(.found),
        .responds(.accepted),
        .responds(.noContent, ""), .responds(.created, ""), .responds(.created, "{}"), .responds(.created, "[]"),
        .responds(.created, "null"), .responds(.created, "<html>"), .responds(.created, #"{"items":{}}"#),
        .responds(.created, #"{"items":[{"product_id":"\#(UUID())","quantity":2,"name":"Mug","price_cents":1}"#),
        .responds(.created, #"{"items":[{"product_id":"\#(UUID())","quantity":2,"name":"Mug","price_cents":1}]}"#),
        .responds(.created, String(repeating: "[", count: 100_000)),
        .responds(.created, #"{"items":[],"padding":"\#(String(repeating: "x", count: 2 << 20))"}"#),
        .responds(.conflict, #"{"code":"reservation_differs"}"#),
        .responds(.conflict, #"{"code":"reservation_released"}"#),
        .responds(.conflict, #"{"out_of_stock":["x"]}"#), .responds(.conflict, "<html>"),
        .responds(.unprocessableContent, #"{"errors":[]}"#), .responds(.unprocessableContent, "[]"),
    ])
    func `an order fails with 503 and its stock is released if catalog fails or its response is malformed`(
        catalog: CatalogBehavior
    ) async throws {
        let stub = StubServices(catalog)
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.place()
            #expect(response.status == 503)
            #expect(response.headers[.retryAfter] == "1")
            #expect(response.code == "catalog_unavailable")
            let reserved = try #require(stub.calls(.put).first)
            let releases = await stub.waitForCalls(.delete)
            #expect(
                releases == [.init(method: .delete, path: reserved.path, subject: alice.lowercase, actor: "orders")])
            #expect(stub.reservations == [])
            #expect(try await orders.folder.statuses() == ["abandoned"])
            #expect(stub.calls(.put, "/accounts/") == [])
        }
    }

    @Test(arguments: [
        CatalogBehavior.reserves("reserves nothing") { _ in [] },
        .reserves("reserves only the first product") { [$0[0]] },
        .reserves("reserves another product") { $0.dropLast() + [.init(product_id: UUID().lowercase, quantity: 1)] },
        .reserves("reserves a further product") { $0 + [.init(product_id: UUID().lowercase, quantity: 1)] },
        .reserves("reserves more") { $0.map { .init(product_id: $0.product_id, quantity: $0.quantity + 1) } },
        .reserves("reserves a negative quantity") { $0.map { .init(product_id: $0.product_id, quantity: -1) } },
        .reserves("reserves a huge quantity twice") {
            ($0 + $0).map { .init(product_id: $0.product_id, quantity: .max) }
        },
        .reserves("names one product twice") { [$0[0], $0[0]] },
        .reserves("asks a negative price") {
            $0.map { .init(product_id: $0.product_id, quantity: $0.quantity, price_cents: -1) }
        },
    ])
    func `an order fails with 503 and its stock is released if the reservation differs from the basket`(
        catalog: CatalogBehavior
    ) async throws {
        let stub = StubServices(catalog)
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.place([(UUID().lowercase, 1), (UUID().lowercase, 1)])
            #expect(response.status == 503)
            #expect(response.code == "catalog_unavailable")
            _ = await stub.waitForCalls(.delete)
            #expect(stub.reservations == [])
            #expect(try await orders.folder.statuses() == ["abandoned"])
        }
    }

    @Test(arguments: [
        CatalogBehavior.reserves("asks prices in two currencies") { items in
            items.enumerated().map { index, item in
                .init(product_id: item.product_id, quantity: item.quantity, currency: index == 0 ? "EUR" : "USD")
            }
        },
        .reserves("asks a price whose multiple exceeds 64 bits") {
            $0.map { .init(product_id: $0.product_id, quantity: $0.quantity, price_cents: .max / 2) }
        },
        .reserves("asks prices whose sum exceeds 64 bits") {
            $0.map { .init(product_id: $0.product_id, quantity: $0.quantity, price_cents: .max / 3) }
        },
    ])
    func `an order whose prices have no single total is rejected and its stock is released`(
        catalog: CatalogBehavior
    ) async throws {
        let stub = StubServices(catalog)
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.place([(UUID().lowercase, 2), (UUID().lowercase, 3)])
            #expect(response.status == 422)
            #expect(response.invalidFields == ["items"])
            _ = await stub.waitForCalls(.delete)
            #expect(stub.reservations == [])
            #expect(try await orders.folder.statuses() == ["abandoned"])
        }
    }

    @Test
    func `an order fails with 503 and its release stays in the outbox if nothing listens at the address of catalog`()
        async throws
    {
        try await ServiceUnderTest<Orders>.run(
            .live, environment: ["CATALOG_URL": "http://127.0.0.1:1", "INBOX_URL": "http://127.0.0.1:1"]
        ) { orders in
            let response = try await orders.place()
            #expect(response.status == 503)
            #expect(response.code == "catalog_unavailable")
            #expect(try await orders.rows("SELECT * FROM outbox WHERE kind = 'release'").count == 1)
        }
    }

    @Test func `an order that fails leaves its idempotency key free`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            for catalog in [CatalogBehavior.outOfStock, .rejects([]), .responds(.internalServerError)] {
                stub.catalog = catalog
                let failed = try await orders.place(1, key: "key")
                #expect(failed.status != 201)
            }
            stub.catalog = .reserves
            #expect(try await orders.place(2, key: "key").status == 201)
        }
    }

    @Test func `an order is placed even if inbox fails`() async throws {
        let stub = StubServices(delivery: { _ in .internalServerError })
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let order = try await orders.placedOrder()
            _ = await stub.waitForCalls(.put, "/accounts/")
            #expect(try await orders.orders().ids == [order.id])
            #expect(try await orders.rows("SELECT * FROM outbox WHERE kind = 'message'").count == 1)
        }
    }
}
