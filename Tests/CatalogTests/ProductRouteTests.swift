import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct ProductRouteTests {
    private let catalog = TestCatalog()

    @Test(arguments: [TestingSetup.router, .live])
    func `staff create, change and delete what everyone reads`(setup: TestingSetup) async throws {
        let token = try catalog.staffToken()
        try await catalog.application().test(setup) { client in
            let created = try await client.send(
                .post, "/products", token: token,
                json: #"{"name":"Lamp","description":"Bright.","price_cents":2500,"currency":"CHF","stock":3,"x":[]}"#)
            #expect(created.status == 201)
            let id = try #require(created.json["id"] as? String)
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

            #expect(try await client.send(.delete, uri, token: token).status == 204)
            for (method, body) in [(HTTPRequest.Method.get, nil), (.patch, "{}"), (.delete, nil)] {
                let gone = try await client.send(method, uri, token: token, json: body)
                #expect(gone.status == 404)
                #expect(gone.code == "not_found")
            }
            #expect(try await client.send(.get, "/products").products.isEmpty)
        }
    }

    @Test func `pages follow each other, oldest first, and hold every product once`() async throws {
        try await catalog.application().test(.router) { client in
            var ids: [String] = []
            for index in 1...6 { ids.append(try await catalog.addProduct(client, name: "Product \(index)")) }
            var seen: [String] = []
            var pages = 0
            var uri: String? = "/products?limit=2"
            while let current = uri {
                let page = try await client.send(.get, current)
                seen += page.products.compactMap { $0["id"] as? String }
                pages += 1
                uri = (page.json["next"] as? String).map { "/products?limit=2&after=\($0)" }
            }
            #expect(seen == ids)
            #expect(pages == 3)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=", "limit=x", "limit=99999999999999999999",
        "limit=%00", "limit=%F0%28", "after=x", "after=", "after=0190F8B2-7A6C-7C3E-8D5F-0123456789AB",
        "after='%20OR%201=1--",
    ])
    func `a page that cannot be is refused`(query: String) async throws {
        try await catalog.application().test(.router) { client in
            let response = try await client.send(.get, "/products?\(query)")
            #expect(response.status == 422)
            #expect(response.faultyFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test func `demo data comes once and keeps its stock`() async throws {
        let folder = try TemporaryFolder()
        let environment = ["DEMO_DATA": "on", "DATABASE_URL": "sqlite:\(folder.path)/catalog.sqlite"]
        let pass = DemoData.products[11]
        try await catalog.application(environment).test(.router) { client in
            let response = try await catalog.reserve(client, UUID(), [(pass.id.lowercase, 2)])
            #expect(response.status == 201)
        }
        try await catalog.application(environment).test(.router) { client in
            let stocks = try await client.send(.get, "/products").products.map { $0["stock"] as? Int }
            #expect(stocks.dropLast() == DemoData.products.map(\.stock).dropLast())
            #expect(stocks.last == pass.stock - 2)
        }
    }

    @Test func `whoever may not write is told why`() async throws {
        let json = #"{"name":"Lamp","price_cents":1}"#
        try await catalog.application().test(.router) { client in
            let nobody = try await client.send(.post, "/products", json: json)
            #expect(nobody.status == 401)
            #expect(nobody.headers[.wwwAuthenticate] == #"Bearer realm="catalog""#)

            let customer = try catalog.mint.user(UUID(), audience: "catalog", scope: "orders:write")
            let refused = try await client.send(.post, "/products", token: customer, json: json)
            #expect(refused.status == 403)
            #expect(refused.headers[.wwwAuthenticate]?.contains(#"scope="catalog:write""#) == true)

            let hash = RequestHash.of(method: "POST", path: "/products", query: nil)
            let strangers = [
                try catalog.mint.user(UUID(), audience: "inbox", scope: "catalog:write"),
                try catalog.mint.service("orders", audience: "catalog", scope: "catalog:write", requestHash: hash),
            ]
            for token in strangers {
                #expect(try await client.send(.post, "/products", token: token, json: json).status == 401)
            }
            #expect(try await client.send(.get, "/products").products.isEmpty)
        }
    }

    @Test(arguments: [
        (#"{"name":"a","price_cents":1e300}"#, 422, "price_cents"),
        (#"{"name":"a","price_cents":1.5}"#, 422, "price_cents"),
        (#"{"name":"a","price_cents":9223372036854775808}"#, 422, "price_cents"),
        (#"{"name":"a","price_cents":"1"}"#, 422, "price_cents"),
        (#"{"name":"a","price_cents":true}"#, 422, "price_cents"),
        (#"{"name":"a","price_cents":null}"#, 422, "price_cents"), (#"{"name":["a"],"price_cents":1}"#, 422, "name"),
        (#"{"name":"\u0001","price_cents":1}"#, 422, "name"), (#"{"name":"\u0000","price_cents":1}"#, 422, ""),
        (#"{"name":"a","price_cents":1,"stock":1000000001}"#, 422, "stock"),
        (#"{"name":"a","price_cents":1,"currency":null}"#, 422, "currency"),
        (#"{"name":"\#(String(repeating: "a", count: 900_000))","price_cents":1}"#, 422, "name"),
        ("null", 422, ""), ("[]", 422, ""), ("", 400, nil), ("{", 400, nil), ("{}{}", 400, nil),
        (#"{"name":"a","price_cents":1e400}"#, 400, nil), (#"{"name":"\ud800","price_cents":1}"#, 400, nil),
        (String(repeating: "[", count: 500_000), 400, nil), (String(repeating: #"{"name":"#, count: 100_000), 400, nil),
        (#"{"name":"\#(String(repeating: "a", count: 1 << 20))","price_cents":1}"#, 413, nil),
    ])
    func `a product that does not fit is refused by the name of its field`(
        json: String, status: Int, field: String?
    ) async throws {
        try await catalog.application().test(.router) { client in
            let response = try await client.send(.post, "/products", token: catalog.staffToken(), json: json)
            #expect(response.status == status)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.faultyFields?.first == field)
            #expect(try await client.send(.get, "/products").products.isEmpty)
        }
    }

    @Test(arguments: [
        (#"{"name":null}"#, "name"), (#"{"description":null}"#, "description"), (#"{"stock":null}"#, "stock"),
        (#"{"stock":-1}"#, "stock"), (#"{"price_cents":-1}"#, "price_cents"), (#"{"currency":""}"#, "currency"),
    ])
    func `a change that does not fit changes nothing`(json: String, field: String) async throws {
        try await catalog.application().test(.router) { client in
            let uri = "/products/\(try await catalog.addProduct(client))"
            let before = try await client.send(.get, uri).object
            let response = try await client.send(.patch, uri, token: catalog.staffToken(), json: json)
            #expect(response.status == 422)
            #expect(response.faultyFields == [field])
            #expect(try await client.send(.get, uri).object == before)
        }
    }

    @Test(arguments: [
        "1", "%00", "%", "%zz", "%ff%fe", "..%2f", "'--", "0190F8B2-7A6C-7C3E-8D5F-0123456789AB",
        "0190f8b2-7a6c-7c3e-8d5f-0123456789ab%00", String(repeating: "a", count: 8000),
    ])
    func `an id that is none is not there`(id: String) async throws {
        try await catalog.application().test(.live) { client in
            for (method, body) in [(HTTPRequest.Method.get, nil), (.patch, "{}"), (.delete, nil)] {
                let response = try await client.send(method, "/products/\(id)", token: catalog.staffToken(), json: body)
                #expect(response.status == 404)
            }
        }
    }
}
