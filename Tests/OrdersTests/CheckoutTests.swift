import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite struct CheckoutTests {
    @Test func `an order is placed with its reservation, on behalf of the customer, and its message is left`() async throws {
        let fixture = Fixture()
        try await fixture.run { client in
            let answer = try await fixture.place(client)
            #expect(answer.status == 201)
            #expect(answer.json["status"] as? String == "placed")
            #expect(answer.json["total_cents"] as? Int == 2500)
            #expect(answer.json["currency"] as? String == "EUR")
            #expect(answer.json["created_at"] as? String == fixture.clock.now.rfc3339)
            let id = try #require(answer.json["id"] as? String)

            let message = await fixture.peers.waitFor(.put, "/accounts/\(fixture.alice.lowercase)/messages/")
            #expect(message?.subject == "orders")
            let calls = fixture.peers.state.withLock { $0.calls }
            #expect(
                calls.first
                    == .init(
                        method: .put, path: "/reservations/\(id)", subject: fixture.alice.lowercase, actor: "orders"))
            let shown = try await client.send(.get, "/orders/\(id)", token: fixture.token(fixture.alice))
            #expect(shown.json["id"] as? String == id)
        }
        #expect(try await fixture.rows("SELECT status FROM orders").map { try $0["status"] as String } == ["placed"])
    }

    @Test(arguments: [(Peers.Catalog.outOfStock, 409, "out_of_stock"), (.unknownProduct, 422, "invalid_fields")])
    func `what catalog refuses is passed on, and no order is left`(
        catalog: Peers.Catalog, status: Int, code: String
    ) async throws {
        let fixture = Fixture(Peers(catalog))
        try await fixture.run { client in
            let answer = try await fixture.place(client)
            #expect(answer.status == status)
            #expect(answer.code == code)
            let list = try await client.send(.get, "/orders", token: fixture.token(fixture.alice))
            #expect((list.json["orders"] as? [Any])?.isEmpty == true)
        }
        #expect(try await fixture.rows("SELECT * FROM errands").isEmpty)
    }

    @Test(arguments: [Peers.Catalog.fails, .babbles, .hangs])
    func `when catalog gives no answer that counts, the order is 503 and nothing stays reserved`(
        catalog: Peers.Catalog
    ) async throws {
        let fixture = Fixture(Peers(catalog))
        try await fixture.run { client in
            let answer = try await fixture.place(client)
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(answer.code == "catalog_unavailable")
            let release = await fixture.peers.waitFor(.delete, "/reservations/")
            #expect(release?.actor == "orders")
            #expect(fixture.peers.state.withLock { $0.reservations } == [])
        }
        #expect(
            try await fixture.rows("SELECT status FROM orders").map { try $0["status"] as String } == ["abandoned"])
    }

    @Test func `when catalog is not there, the order is 503 and nothing has to be given back`() async throws {
        let fixture = Fixture()
        try await fixture.run(peersPort: 1) { client in
            #expect(try await fixture.place(client).status == 503)
        }
        #expect(try await fixture.rows("SELECT * FROM errands").isEmpty)
    }

    @Test func `an order that a crash left pending is given up and its reservation released`() async throws {
        let fixture = Fixture()
        let id = UUID.version7(at: fixture.clock.now)
        try await fixture.run { _ in }
        // What the crash leaves behind: the row, and the reservation at catalog.
        fixture.peers.state.withLock { _ = $0.reservations.insert(id.lowercase) }
        try await fixture.write(
            """
            INSERT INTO orders (id, account, status, created_at, lease_until, fingerprint, idempotency_key)
            VALUES ($1, $2, 'pending', $3, $4, '', 'key')
            """, id, fixture.alice, fixture.clock.now.milliseconds, fixture.clock.now.milliseconds + 6000)

        try await fixture.run { client in
            fixture.clock.advance(seconds: 7)
            let release = await fixture.peers.waitFor(.delete, "/reservations/")
            #expect(release?.path == "/reservations/\(id.lowercase)")
            #expect(fixture.peers.state.withLock { $0.reservations } == [])
            let again = try await fixture.place(client, key: "key")
            #expect(again.status == 201)
        }
    }

    @Test func `a message that inbox does not take is left again later`() async throws {
        let fixture = Fixture(Peers(inboxFailures: 2))
        try await fixture.run { client in
            #expect(try await fixture.place(client).status == 201)
            var paths: Set<String> = []
            for _ in 1...3 {
                let call = await fixture.peers.waitFor(.put, "/accounts/")
                paths.insert(call?.path ?? "")
                fixture.clock.advance(seconds: 60)
            }
            #expect(paths.count == 1)
        }
        #expect(try await fixture.rows("SELECT * FROM errands").isEmpty)
    }
}

@Suite struct IdempotencyTests {
    @Test func `a repeated request under one key finds the first order`() async throws {
        let fixture = Fixture()
        let product = UUID()
        try await fixture.run { client in
            let first = try await fixture.place(client, product: product, key: "k-1")
            let second = try await fixture.place(client, product: product, key: "k-1")
            #expect([first.status, second.status] == [201, 201])
            #expect(first.json["id"] as? String == second.json["id"] as? String)
            let other = try await fixture.place(client, quantity: 3, product: product, key: "k-1")
            #expect(other.status == 422)
            #expect(other.code == "idempotency_key_reused")
            #expect(fixture.peers.state.withLock { $0.reservations.count } == 1)
        }
    }

    @Test func `twenty requests at once under one key place one order`() async throws {
        let fixture = Fixture()
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
        let fixture = Fixture()
        try await fixture.run { client in
            #expect(try await fixture.place(client, key: "k-3").status == 201)
            let json = #"{"items":[{"product_id":"\#(UUID().lowercase)","quantity":9}]}"#
            let bob = try await client.send(
                .post, "/orders", token: fixture.token(fixture.bob), headers: [.init("Idempotency-Key")!: "k-3"],
                json: json)
            #expect(bob.status == 201)
        }
    }

    @Test(arguments: ["", "a b", "é", String(repeating: "k", count: 256)])
    func `a key that is none is a bad request`(key: String) async throws {
        let fixture = Fixture()
        try await fixture.run { client in
            #expect(try await fixture.place(client, key: key).status == 400)
        }
    }
}
