import Foundation
import HTTPTypes
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct ProductRouteTests {
    @Test(arguments: [TestingSetup.router, .live])
    func `staff create, change and delete products that everyone reads`(setup: TestingSetup) async throws {
        try await ServiceUnderTest<Catalog>.run(setup) { catalog in
            let client = catalog.client
            let token = try catalog.staffToken()
            let created = try await client.send(
                .post, "/products", token: token,
                json: #"{"name":"Lamp","description":"Bright.","price_cents":2500,"currency":"CHF","stock":3,"x":[]}"#)
            #expect(created.status == 201)
            let id = try #require(created["id"])
            let uri = "/products/\(id)"
            #expect(created.headers[.location] == uri)
            let product: NSMutableDictionary = [
                "id": id, "name": "Lamp", "description": "Bright.", "price_cents": 2500, "currency": "CHF", "stock": 3,
            ]
            #expect(created.object == product)
            #expect(try await client.send(.get, uri).object == product)
            #expect(try await client.send(.get, "/products").object == ["products": [product]])

            let changed = try await client.send(
                .patch, uri, token: token, json: #"{"price_cents":1900,"stock":0,"id":"x"}"#)
            #expect(changed.status == 200)
            product.addEntries(from: ["price_cents": 1900, "stock": 0])
            #expect(changed.object == product)
            #expect(try await client.send(.get, uri).object == product)

            #expect(try await catalog.delete(id).status == 204)
            for (method, body) in [(HTTPRequest.Method.get, nil), (.patch, "{}"), (.delete, nil)] {
                let response = try await client.send(method, uri, token: token, json: body)
                #expect(response.status == 404)
                #expect(response.code == "not_found")
            }
            #expect(try await catalog.products().products == [])
        }
    }

    @Test func `pages of products follow each other, oldest first, and contain every product once`() async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            var ids: [String] = []
            for index in 1...6 { ids.append(try await catalog.addProduct(name: "Product \(index)")) }
            var pages: [[String]] = []
            var query: String? = "?limit=2"
            while let current = query {
                let page = try await catalog.products(current)
                pages.append(page.products.map(\.id))
                query = page.next.map { "?limit=2&after=\($0)" }
            }
            #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), Array(ids[4..<6])])
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=", "limit=x", "limit=99999999999999999999",
        "limit=%00", "limit=%F0%28", "after=x", "after=", "after=0190F8B2-7A6C-7C3E-8D5F-0123456789A",
        "after='%20OR%201=1--",
    ])
    func `an invalid limit or cursor is rejected with its name`(query: String) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let response = try await catalog.client.send(.get, "/products?\(query)")
            #expect(response.status == 422)
            #expect(response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test func `the demo products are added once and keep their stock`() async throws {
        let folder = try TemporaryFolder()
        let pass = DemoData.products[11]
        try await ServiceUnderTest<Catalog>.run(environment: ["DEMO_DATA": "on"], folder: folder) { catalog in
            let response = try await catalog.reserve(UUID(), [(pass.id.lowercase, 2)])
            #expect(response.status == 201)
        }
        try await ServiceUnderTest<Catalog>.run(environment: ["DEMO_DATA": "on"], folder: folder) { catalog in
            let stocks = try await catalog.products().products.map(\.stock)
            #expect(stocks.dropLast() == DemoData.products.map(\.stock).dropLast())
            #expect(stocks.last == pass.stock - 2)
        }
    }

    @Test func `a caller without the right token or scope creates no product and gets the reason`() async throws {
        let json = #"{"name":"Lamp","price_cents":1}"#
        try await ServiceUnderTest<Catalog>.run { catalog in
            let client = catalog.client
            let anonymous = try await client.send(.post, "/products", json: json)
            #expect(anonymous.status == 401)
            #expect(
                anonymous.headers[.wwwAuthenticate]?.hasPrefix(#"Bearer realm="catalog", resource_metadata="#) == true)

            let customer = try catalog.tokens.user(UUID(), audience: "catalog", scope: "orders:write")
            let denied = try await client.send(.post, "/products", token: customer, json: json)
            #expect(denied.status == 403)
            #expect(denied.headers[.wwwAuthenticate]?.contains(#"scope="catalog:write""#) == true)

            let hash = RequestHash.of(method: "POST", path: "/products", query: nil)
            let otherTokens = [
                try catalog.tokens.user(UUID(), audience: "inbox", scope: "catalog:write"),
                try catalog.tokens.service(
                    "orders", audience: "catalog", scope: "catalog:write", requestHash: hash),
            ]
            for token in otherTokens {
                #expect(try await client.send(.post, "/products", token: token, json: json).status == 401)
            }
            #expect(try await catalog.products().products == [])
        }
    }

    @Test(arguments: [
        (#"{"name":"a","price_cents":1e300}"#, 422, ["price_cents"]),
        (#"{"name":"a","price_cents":1.5}"#, 422, ["price_cents"]),
        (#"{"name":"a","price_cents":9223372036854775808}"#, 422, ["price_cents"]),
        (#"{"name":"a","price_cents":"1"}"#, 422, ["price_cents"]),
        (#"{"name":"a","price_cents":true}"#, 422, ["price_cents"]),
        (#"{"name":"a","price_cents":null}"#, 422, ["price_cents"]),
        (#"{"name":["a"],"price_cents":1}"#, 422, ["name"]),
        (#"{"name":"\u0001","price_cents":1}"#, 422, ["name"]), (#"{"name":"\u0000","price_cents":1}"#, 422, [""]),
        (#"{"name":"a","price_cents":1,"stock":1000000001}"#, 422, ["stock"]),
        (#"{"name":"a","price_cents":1,"currency":null}"#, 422, ["currency"]),
        (#"{"name":"","price_cents":-1}"#, 422, ["name", "price_cents"]),
        (#"{"name":"\#(String(repeating: "a", count: 900_000))","price_cents":1}"#, 422, ["name"]),
        ("null", 422, [""]), ("[]", 422, [""]), ("", 400, []), ("{", 400, []), ("{}{}", 400, []),
        (#"{"name":"a","price_cents":1e400}"#, 400, []), (#"{"name":"\ud800","price_cents":1}"#, 400, []),
        (String(repeating: "[", count: 500_000), 400, []), (String(repeating: #"{"name":"#, count: 100_000), 400, []),
        (#"{"name":"\#(String(repeating: "a", count: 1 << 20))","price_cents":1}"#, 413, []),
    ])
    func `an invalid product is rejected with the names of its invalid fields`(
        json: String, status: Int, fields: [String]
    ) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let response = try await catalog.client.send(.post, "/products", token: catalog.staffToken(), json: json)
            #expect(response.status == status)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.invalidFields == fields)
            #expect(try await catalog.products().products == [])
        }
    }

    @Test(arguments: [
        (#"{"name":null}"#, "name"), (#"{"description":null}"#, "description"), (#"{"stock":null}"#, "stock"),
        (#"{"stock":-1}"#, "stock"), (#"{"price_cents":-1}"#, "price_cents"), (#"{"currency":""}"#, "currency"),
    ])
    func `an invalid change of a product changes nothing`(json: String, field: String) async throws {
        try await ServiceUnderTest<Catalog>.run { catalog in
            let id = try await catalog.addProduct()
            let before = try await catalog.product(id)
            let response = try await catalog.client.send(
                .patch, "/products/\(id)", token: catalog.staffToken(), json: json)
            #expect(response.status == 422)
            #expect(response.invalidFields == [field])
            #expect(try await catalog.product(id) == before)
        }
    }

    @Test(arguments: [
        "1", "%00", "%", "%zz", "%ff%fe", "..%2f", "'--", "0190F8B2-7A6C-7C3E-8D5F-0123456789AB",
        "0190f8b2-7a6c-7c3e-8d5f-0123456789ab%00", String(repeating: "a", count: 8000),
    ])
    func `a request with an invalid product id returns 404`(id: String) async throws {
        try await ServiceUnderTest<Catalog>.run(.live) { catalog in
            for (method, body) in [(HTTPRequest.Method.get, nil), (.patch, "{}"), (.delete, nil)] {
                let response = try await catalog.client.send(
                    method, "/products/\(id)", token: catalog.staffToken(), json: body)
                #expect(response.status == 404)
            }
        }
    }
}
