import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct OrderRouteTests {
    @Test func `a customer sees their own orders only`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let mine = try await orders.placedOrder()
            let other = try await orders.placedOrder(for: bob)
            for query in ["", "?account=\(alice.lowercase)", "?account=\(bob.lowercase)"] {
                #expect(try await orders.orders(query).orders == [mine])
            }
            let token = try orders.token()
            #expect(try await orders.client.send(.get, "/orders/\(mine.id)", token: token).status == 200)
            let foreign = try await orders.client.send(.get, "/orders/\(other.id)", token: token)
            #expect(foreign.status == 404)
            #expect(foreign.code == "not_found")
        }
    }

    @Test func `staff see the orders of all accounts and whose they are`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let first = try await orders.placedOrder()
            orders.clock.advance(seconds: 1)
            let second = try await orders.placedOrder(for: bob)
            func listed(_ query: String) async throws -> [ReceivedOrder] {
                try await orders.orders(query, of: UUID(), scope: staffScope).orders
            }
            #expect(try await listed("").map(\.id) == [second.id, first.id])
            #expect(try await listed("").map(\.accountId) == [bob.lowercase, alice.lowercase])
            #expect(try await listed("?account=\(bob.lowercase)").map(\.id) == [second.id])
            #expect(try await listed("?account=\(UUID().lowercase)") == [])
            for scope in [staffScope, "orders:read:all"] {
                let staff = try orders.token(UUID(), scope: scope)
                let shown = try await orders.client.send(.get, "/orders/\(first.id)", token: staff)
                #expect(shown["account_id"] == alice.lowercase)
                #expect(try await orders.orders(of: UUID(), scope: scope).ids == [second.id, first.id])
            }
        }
    }

    @Test func `a customer does not see the member account_id`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let shown = try await orders.client.send(.get, "/orders/\(order.id)", token: orders.token())
            let members = Set(shown.json.keys)
            #expect(members == ["id", "status", "total_cents", "currency", "items", "created_at"])
            let list = try await orders.client.send(.get, "/orders", token: orders.token())
            #expect(Set(list.json.keys) == ["orders"])
            #expect(!list.text.contains("account_id"))
        }
    }

    @Test func `a client that acts as itself reads all orders with the scope orders_read_all only`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let job = try orders.tokens.client("demo-job", audience: "orders", scope: "orders:read:all")
            for path in ["/orders", "/orders/\(order.id)", "/orders?account=\(alice.lowercase)"] {
                let response = try await orders.client.send(.get, path, token: job)
                #expect(response.status == 200 && response.text.contains(alice.lowercase))
            }
            let own = try orders.tokens.client("demo-job", audience: "orders", scope: "orders:read orders:write")
            for (method, path) in [
                (HTTPRequest.Method.get, "/orders"), (.get, "/orders/\(order.id)"), (.post, "/orders"),
                (.post, "/orders/\(order.id)/cancel"), (.post, "/orders/\(order.id)/receipt-link"),
            ] {
                let response = try await orders.client.send(method, path, token: own)
                #expect(response.status == 403 && response.code == "account_required")
            }
            let other = try orders.tokens.client("demo-job", audience: "orders", scope: "inbox:read")
            let response = try await orders.client.send(.get, "/orders", token: other)
            #expect(response.code == "insufficient_scope" && response["scope"] == "orders:read")
        }
    }

    @Test func `the metadata of the service names its address, its scopes and the issuer of its tokens`() async throws {
        let environment = ["PUBLIC_URL": "https://orders.example"]
        try await ServiceUnderTest<Orders>.run(.router, environment: environment) { orders in
            let path = "/.well-known/oauth-protected-resource"
            let metadata = try await orders.client.send(.get, path)
            #expect(metadata.status == 200 && metadata["resource"] == "https://orders.example")
            #expect(metadata.json["authorization_servers"] as? [String] == [TokenMint.issuer])
            #expect(
                metadata.json["scopes_supported"] as? [String] == ["orders:read", "orders:read:all", "orders:write"])
            let challenge = try await orders.client.send(.get, "/orders").headers[.wwwAuthenticate]
            #expect(challenge == #"Bearer realm="orders", resource_metadata="https://orders.example\#(path)""#)
        }
    }

    @Test func `the path of the public address follows the name of the metadata document`() async throws {
        let environment = ["PUBLIC_URL": "https://api.example/orders"]
        try await ServiceUnderTest<Orders>.run(.router, environment: environment) { orders in
            let path = "/.well-known/oauth-protected-resource"
            for path in [path, "\(path)/orders"] {
                let metadata = try await orders.client.send(.get, path)
                #expect(metadata.status == 200 && metadata["resource"] == "https://api.example/orders")
            }
            let challenge = try await orders.client.send(.get, "/orders").headers[.wwwAuthenticate]
            #expect(challenge == #"Bearer realm="orders", resource_metadata="https://api.example\#(path)/orders""#)
        }
    }

    @Test(arguments: ["orders:read", "orders:read orders:read:all"])
    func `pages of orders follow each other, newest first, and contain every order once`(scope: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            var ids: [String] = []
            for _ in 1...5 {
                orders.clock.advance(seconds: 1)
                ids.insert(try await orders.placedOrder().id, at: 0)
            }
            var pages: [[String]] = []
            var query: String? = "?limit=2"
            while let current = query {
                let page = try await orders.orders(current, scope: scope)
                pages.append(page.ids)
                query = page.next.map { "?limit=2&after=\($0)" }
            }
            #expect(pages == [Array(ids[0..<2]), Array(ids[2..<4]), [ids[4]]])
            let byAccount = try await orders.orders("?limit=1&account=\(alice.lowercase)", scope: scope)
            #expect(byAccount.ids == [ids[0]])
            #expect(byAccount.next == ids[0])
        }
    }

    @Test func `a page that ends with the last order names no next page`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            for _ in 1...2 { _ = try await orders.placedOrder() }
            let page = try await orders.orders("?limit=2")
            #expect(page.ids.count == 2)
            #expect(page.next == nil)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=-1", "limit=x", "limit=", "limit=99999999999999999999", "after=x", "after=%00",
        "after=0190F8B2-7A6C-7C3E-8D5F-0123456789ABC",
    ])
    func `an invalid limit or cursor is rejected with its name`(query: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.client.send(.get, "/orders?\(query)", token: orders.token())
            #expect(response.status == 422)
            #expect(response.invalidFields == [String(query.prefix { $0 != "=" })])
        }
    }

    @Test(arguments: ["", "x", "%00", "%ff", ".."])
    func `an invalid account is rejected, both for customers and for staff`(account: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            for scope in ["orders:read", staffScope] {
                let response = try await orders.client.send(
                    .get, "/orders?account=\(account)", token: orders.token(scope: scope))
                #expect(response.status == 422)
                #expect(response.invalidFields == ["account"])
            }
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", "0190F8B2-7A6C-7C3E-8D5F-0123456789AB", UUID().lowercase])
    func `a request for an order that does not exist returns 404`(id: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            for scope in ["orders:read", staffScope] {
                let token = try orders.token(scope: scope)
                #expect(try await orders.client.send(.get, "/orders/\(id)", token: token).status == 404)
            }
        }
    }

    @Test func `every route denies a request without its scope`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let reader = try orders.token(scope: "orders:read")
            let writer = try orders.token(scope: "orders:write")
            let path = "/orders/\(UUID().lowercase)"
            let routes: [(HTTPRequest.Method, String, String)] = [
                (.get, "/orders", writer), (.get, path, writer), (.post, "\(path)/receipt-link", writer),
                (.post, "/orders", reader), (.post, "\(path)/cancel", reader),
            ]
            for (method, path, token) in routes {
                #expect(try await orders.client.send(method, path, token: token, json: "{}").status == 403)
                #expect(try await orders.client.send(method, path, json: "{}").status == 401)
                let other = try orders.tokens.user(alice, audience: "inbox", scope: "orders:read orders:write")
                #expect(try await orders.client.send(method, path, token: other, json: "{}").status == 401)
            }
        }
    }
}
