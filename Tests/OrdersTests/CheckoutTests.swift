import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct CheckoutTests {
    @Test func `an order is placed with its reservation, on behalf of the customer, and its message is left`()
        async throws
    {
        let fixture = try Fixture()
        try await fixture.run { client in
            let response = try await fixture.place(client)
            #expect(response.status == 201)
            #expect(response.json["status"] as? String == "placed")
            #expect(response.json["total_cents"] as? Int == 2500)
            #expect(response.json["currency"] as? String == "EUR")
            #expect(response.json["created_at"] as? String == fixture.clock.now.rfc3339)
            let id = try #require(response.json["id"] as? String)
            #expect(response.headers[.location] == "/orders/\(id)")

            let message = await fixture.peers.waitFor(.put, "/accounts/\(fixture.alice.lowercase)/messages/")
            #expect(message?.subject == "orders")
            let calls = fixture.peers.callsSoFar
            #expect(
                calls.first
                    == .init(
                        method: .put, path: "/reservations/\(id)", subject: fixture.alice.lowercase, actor: "orders"))
            let shown = try await client.send(.get, "/orders/\(id)", token: fixture.token(fixture.alice))
            #expect(shown.json["id"] as? String == id)
        }
        #expect(try await fixture.statuses() == ["placed"])
    }

    @Test(arguments: [(Peers.Catalog.outOfStock, 409, "out_of_stock"), (.lacks([]), 422, "invalid_fields")])
    func `what catalog refuses is passed on, no order is left, and a reservation that comes late is released`(
        catalog: Peers.Catalog, status: Int, code: String
    ) async throws {
        let fixture = try Fixture(Peers(catalog))
        try await fixture.run { client in
            let response = try await fixture.place(client)
            #expect(response.status == status)
            #expect(response.code == code)
            let list = try await client.send(.get, "/orders", token: fixture.token(fixture.alice))
            #expect((list.json["orders"] as? [Any])?.isEmpty == true)
            let reservation = try #require(fixture.peers.callsSoFar.first { $0.method == .put })
            fixture.clock.advance(seconds: 7)
            #expect(await fixture.peers.waitFor(.delete, reservation.path) != nil)
        }
    }

    @Test func `the line that catalog refuses is named by its place in the basket`() async throws {
        let known = (0..<8).map { _ in UUID().lowercase }
        let unknown = UUID().lowercase
        let fixture = try Fixture(Peers(.lacks([unknown])))
        let products = known + [known[3], unknown] + known.reversed()
        let items = products.map { #"{"product_id":"\#($0)","quantity":1}"# }
        try await fixture.run { client in
            let response = try await client.send(
                .post, "/orders", token: fixture.token(fixture.alice),
                json: #"{"items":[\#(items.joined(separator: ","))]}"#)
            #expect(response.status == 422)
            let fields = (response.json["errors"] as? [[String: Any]])?.map { $0["field"] as? String }
            #expect(fields == ["items[9].product_id"])
        }
    }

    @Test func `baskets of the same content have one fingerprint`() {
        let (lamp, chair) = (UUID(), UUID())
        let once = Basket(lines: [.init(productID: lamp, quantity: 3), .init(productID: chair, quantity: 1)])
        let twice = Basket(
            lines: [
                .init(productID: chair, quantity: 1), .init(productID: lamp, quantity: 1),
                .init(productID: lamp, quantity: 2),
            ])
        let more = Basket(lines: twice.lines + [.init(productID: lamp, quantity: 1)])
        #expect(once.fingerprint == twice.fingerprint)
        #expect(once.fingerprint != more.fingerprint)
    }

    @Test(arguments: [Peers.Catalog.fails, .babbles, .hangs])
    func `when catalog gives no response that counts, the order is 503 and nothing stays reserved`(
        catalog: Peers.Catalog
    ) async throws {
        let fixture = try Fixture(Peers(catalog))
        try await fixture.run { client in
            let response = try await fixture.place(client)
            #expect(response.status == 503)
            #expect(response.headers[.retryAfter] == "1")
            #expect(response.code == "catalog_unavailable")
            let release = await fixture.peers.waitFor(.delete, "/reservations/")
            #expect(release?.actor == "orders")
            #expect(fixture.peers.reservations == [])
        }
        #expect(try await fixture.statuses() == ["abandoned"])
    }

    @Test func `products of two currencies have no total, and nothing stays reserved`() async throws {
        let fixture = try Fixture(Peers(.mixesCurrencies))
        try await fixture.run { client in
            let items = (0..<2).map { _ in #"{"product_id":"\#(UUID().lowercase)","quantity":1}"# }
            let response = try await client.send(
                .post, "/orders", token: fixture.token(fixture.alice),
                json: #"{"items":[\#(items.joined(separator: ","))]}"#)
            #expect(response.status == 422)
            #expect(await fixture.peers.waitFor(.delete, "/reservations/") != nil)
            #expect(fixture.peers.reservations == [])
        }
    }

    @Test func `when catalog is not there, the order is 503, and the release waits for it`() async throws {
        let fixture = try Fixture()
        try await fixture.run(peersPort: 1) { client in
            let response = try await fixture.place(client)
            #expect(response.status == 503)
        }
        #expect(try await fixture.rows("SELECT * FROM outbox WHERE kind = 'release'").count == 1)
    }

    @Test func `an order that a crash left pending is given up and its reservation released`() async throws {
        let fixture = try Fixture()
        let id = UUID.version7(at: fixture.clock.now)
        try await fixture.leavePending(id, key: "key")
        fixture.peers.keepReservation(id.lowercase)
        try await fixture.run { client in
            fixture.clock.advance(seconds: 7)
            let release = await fixture.peers.waitFor(.delete, "/reservations/")
            #expect(release?.path == "/reservations/\(id.lowercase)")
            #expect(fixture.peers.reservations == [])
            let again = try await fixture.place(client, key: "key")
            #expect(again.status == 201)
        }
    }

    @Test func `a message that inbox does not take is left again later`() async throws {
        let fixture = try Fixture(Peers(inboxFailures: 2))
        try await fixture.run { client in
            let response = try await fixture.place(client)
            #expect(response.status == 201)
            let ticking = Task {
                while !Task.isCancelled {
                    fixture.clock.advance(seconds: 60)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            defer { ticking.cancel() }
            while try await !fixture.rows("SELECT * FROM outbox").isEmpty {
                try await Task.sleep(for: .milliseconds(20))
            }
            let deliveries = fixture.peers.callsSoFar.filter { $0.path.hasPrefix("/accounts/") }
            #expect(deliveries.count >= 3)
            #expect(Set(deliveries.map(\.path)).count == 1)
        }
    }

    /// Inbox takes 10,000 characters.
    @Test func `the message of the largest order fits into inbox`() {
        let item = Order.Item(
            productID: UUID(), quantity: 10_000, name: String(repeating: "x", count: 200), priceCents: 1)
        let largest = Reservation(items: Array(repeating: item, count: 100), currencies: ["EUR"])
        let total = Money(cents: .max, currency: "EUR")
        let message = Message(placed: UUID(), largest, total: total, at: Date(timeIntervalSince1970: 0))
        #expect(message.body.unicodeScalars.count <= 10_000)
        #expect(message.body.contains("and 75 more\nTotal"))
    }
}

@Suite(.timeLimit(.minutes(1))) struct IdempotencyTests {
    @Test func `a repeated request under one key finds the first order`() async throws {
        let fixture = try Fixture()
        let product = UUID()
        try await fixture.run { client in
            let first = try await fixture.place(client, product: product, key: "k-1")
            let second = try await fixture.place(client, product: product, key: "k-1")
            #expect(first.status == 201 && second.status == 201)
            #expect(first.json["id"] as? String == second.json["id"] as? String)
            let other = try await fixture.place(client, quantity: 3, product: product, key: "k-1")
            #expect(other.status == 422)
            #expect(other.code == "idempotency_key_reused")
            #expect(fixture.peers.reservations.count == 1)
        }
    }

    @Test func `twenty requests at once under one key place one order`() async throws {
        let fixture = try Fixture()
        let product = UUID()
        try await fixture.run { client in
            let answers = try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { try await fixture.place(client, product: product, key: "k-2") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.status)).isSubset(of: [201, 409]))
            #expect(Set(answers.compactMap { $0.json["id"] as? String }).count == 1)
            #expect(answers.filter { $0.status == 409 }.allSatisfy { $0.code == "request_in_progress" })
        }
        #expect(try await fixture.rows("SELECT * FROM orders").count == 1)
    }

    @Test func `the same key of another customer is another key`() async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let response = try await fixture.place(client, key: "k-3")
            #expect(response.status == 201)
            let json = #"{"items":[{"product_id":"\#(UUID().lowercase)","quantity":9}]}"#
            let bob = try await client.send(
                .post, "/orders", token: fixture.token(fixture.bob), headers: [.idempotencyKey: "k-3"],
                json: json)
            #expect(bob.status == 201)
        }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func `a key that is none is a bad request`(key: String) async throws {
        let fixture = try Fixture()
        try await fixture.run { client in
            let response = try await fixture.place(client, key: key)
            #expect(response.status == 400)
        }
    }
}
