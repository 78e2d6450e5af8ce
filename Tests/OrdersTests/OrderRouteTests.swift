import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct OrderRouteTests {
    @Test func `cancelling gives the stock back, and twice is the same as once`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let id = try #require(try await fixture.place(client).json["id"] as? String)
            let foreign = try await client.send(
                .post, "/orders/\(id)/cancel", token: fixture.token(fixture.bob))
            #expect(foreign.status == 404)
            for _ in 1...2 {
                let response = try await client.send(.post, "/orders/\(id)/cancel", token: fixture.token(fixture.alice))
                #expect(response.status == 200)
                #expect(response.json["status"] as? String == "cancelled")
                #expect(fixture.peers.reservations == [])
            }
            #expect(fixture.peers.callsSoFar.filter { $0.method == .delete }.count == 1)
        }
    }

    @Test func `customers see their own orders, staff see all`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let id = try #require(try await fixture.place(client).json["id"] as? String)
            let bob = try fixture.token(fixture.bob)
            #expect(try await client.send(.get, "/orders/\(id)", token: bob).status == 404)
            for uri in ["/orders", "/orders?account=\(fixture.alice.lowercase)"] {
                let list = try await client.send(.get, uri, token: bob)
                #expect((list.json["orders"] as? [Any])?.isEmpty == true)
            }
            let staff = try fixture.token(fixture.bob, scope: "orders:read orders:read:all")
            let shown = try await client.send(.get, "/orders/\(id)", token: staff)
            #expect(shown.json["account_id"] as? String == fixture.alice.lowercase)
            for (account, count) in [
                ("", 1), ("?account=\(fixture.alice.lowercase)", 1), ("?account=\(fixture.bob.lowercase)", 0),
            ] {
                let list = try await client.send(.get, "/orders\(account)", token: staff)
                #expect((list.json["orders"] as? [Any])?.count == count)
            }
        }
    }

    @Test(arguments: ["", "x", "%00", "%ff", "..", "0190F8B2-7A6C-7C3E-8D5F-0123456789AB"])
    func `an account that cannot be is refused, whoever asks`(account: String) async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            for scope in ["orders:read", "orders:read orders:read:all"] {
                let token = try fixture.token(fixture.alice, scope: scope)
                let response = try await client.send(.get, "/orders?account=\(account)", token: token)
                #expect(response.status == 422)
                #expect((response.json["errors"] as? [[String: Any]])?.first?["field"] as? String == "account")
            }
        }
    }

    @Test func `reading and writing need their scopes`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let reader = try fixture.token(fixture.alice, scope: "orders:read")
            let writer = try fixture.token(fixture.alice, scope: "orders:write")
            #expect(try await client.send(.post, "/orders", token: reader, json: "{}").status == 403)
            #expect(try await client.send(.get, "/orders", token: writer).status == 403)
            #expect(try await client.send(.get, "/orders").status == 401)
        }
    }

    static let product = UUID().lowercase
    @Test(arguments: [
        ("{}", "items"), (#"{"items":[]}"#, "items"), (#"{"items":{}}"#, "items"),
        (#"{"items":[{}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"\#(product)"}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":0}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":-1}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":1.5}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":1e300}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"\#(product)","quantity":"1"}]}"#, "items[0].quantity"),
        (#"{"items":[{"product_id":"../x","quantity":1}]}"#, "items[0].product_id"),
        (#"{"items":[{"product_id":"\#(product.uppercased())","quantity":1}]}"#, "items[0].product_id"),
    ])
    func `an order that does not fit is refused by the name of its field`(json: String, field: String) async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let response = try await client.send(.post, "/orders", token: fixture.token(fixture.alice), json: json)
            #expect(response.status == 422)
            #expect((response.json["errors"] as? [[String: Any]])?.first?["field"] as? String == field)
            #expect(fixture.peers.callsSoFar.isEmpty)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct ReceiptTests {
    @Test func `a receipt's link works once, for its path alone, and for a minute`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let id = try #require(try await fixture.place(client).json["id"] as? String)
            func link() async throws -> String {
                let response = try await client.send(
                    .post, "/orders/\(id)/receipt-link", token: fixture.token(fixture.alice))
                #expect(response.status == 201)
                #expect(response.headers[.cacheControl] == "no-store")
                let url = try #require(URL(string: response.json["url"] as? String ?? ""))
                return "\(url.path)?\(url.query ?? "")"
            }
            let uri = try await link()
            // Who follows the link in a browser may be signed in there.
            let cookie = "access_token=\(try fixture.token(fixture.alice))"
            let receipt = try await client.send(.get, uri, headers: [.cookie: cookie])
            #expect(receipt.status == 200)
            #expect(receipt.headers[.contentType] == "text/html; charset=utf-8")
            #expect(receipt.headers[.cacheControl] == "no-store")
            // The sign before the bracket makes one character of both, which the library would not escape.
            #expect(Data(receipt.text.utf8).range(of: Data("\u{600}&lt;Mug\u{600}&gt;".utf8)) != nil)
            #expect(receipt.text.contains("25.00 EUR"))
            #expect(try await client.send(.get, uri).status == 401)

            let second = try await link()
            #expect(try await client.send(.get, second + "&x=1").status == 401)
            #expect(
                try await client.send(.get, second.replacingOccurrences(of: id, with: UUID().lowercase)).status == 401)
            #expect(try await client.send(.get, second, token: fixture.token(fixture.alice)).status == 400)
            fixture.clock.advance(seconds: 60)
            #expect(try await client.send(.get, second).status == 401)
            let userToken = try fixture.token(fixture.alice)
            #expect(try await client.send(.get, "/orders/\(id)/receipt?token=\(userToken)").status == 401)
        }
    }

    @Test func `nobody gets a link to someone else's receipt`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let id = try #require(try await fixture.place(client).json["id"] as? String)
            let response = try await client.send(.post, "/orders/\(id)/receipt-link", token: fixture.token(fixture.bob))
            #expect(response.status == 404)
        }
    }
}
