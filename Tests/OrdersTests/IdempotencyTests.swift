import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct IdempotencyTests {
    private let product = UUID()

    @Test func `a repeated request with the same idempotency key returns the first order`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let first = try await orders.place(of: product, key: "key")
            let second = try await orders.place(of: product, key: "key")
            #expect(first.status == 201)
            #expect(second.status == 201)
            #expect(second.text == first.text)
            #expect(second.headers[.location] == first.headers[.location])
            #expect(stub.reservations.count == 1)
        }
    }

    @Test func `an idempotency key that was used for another basket is rejected`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            #expect(try await orders.place(2, of: product, key: "key").status == 201)
            for (quantity, product) in [(3, product), (2, UUID())] {
                let other = try await orders.place(quantity, of: product, key: "key")
                #expect(other.status == 422)
                #expect(other.code == "idempotency_key_reused")
            }
            #expect(stub.reservations.count == 1)
        }
    }

    @Test func `a repeated basket is recognized whatever the order and division of its lines`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let (lamp, chair) = (UUID().lowercase, UUID().lowercase)
            let first: ReceivedOrder = try await orders.place([(lamp, 3), (chair, 1)], key: "key").decoded()
            let second: ReceivedOrder = try await orders.place([(chair, 1), (lamp, 1), (lamp, 2)], key: "key").decoded()
            #expect(first == second)
        }
    }

    @Test func `a request with the key of a request in progress returns 409, with another basket 422`() async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        let basket = Basket(lines: [.init(productID: product, quantity: 2)])
        try await folder.withStore {
            try await $0.openPending(.version7(at: clock.now), basket: basket, key: "key", at: clock.now)
        }
        try await ServiceUnderTest<Orders>.run(clock: clock, folder: folder) { orders in
            let repeated = try await orders.place(2, of: product, key: "key")
            #expect(repeated.status == 409)
            #expect(repeated.code == "request_in_progress")
            #expect(repeated.headers[.retryAfter] == "1")
            let other = try await orders.place(3, of: product, key: "key")
            #expect(other.status == 422)
            #expect(other.code == "idempotency_key_reused")
        }
    }

    @Test func `twenty concurrent requests with one idempotency key place one order`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let responses = try await withThrowingTaskGroup { group in
                for _ in 1...20 { group.addTask { try await orders.place(of: product, key: "key") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let placed = responses.filter { $0.status == 201 }
            #expect(Set(placed.compactMap { $0["id"] }) == stub.reservations)
            #expect(stub.reservations.count == 1)
            #expect(responses.filter { $0.status != 201 }.allSatisfy { $0.code == "request_in_progress" })
            #expect(try await orders.rows("SELECT * FROM orders").count == 1)
        }
    }

    @Test func `concurrent requests with one idempotency key and different baskets place the order of one basket`()
        async throws
    {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let responses = try await withThrowingTaskGroup { group in
                for quantity in 1...10 { group.addTask { try await orders.place(quantity, of: product, key: "key") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.count { $0.status == 201 } == 1)
            #expect(responses.count { $0.code == "idempotency_key_reused" } == 9)
            #expect(stub.reservations.count == 1)
        }
    }

    @Test func `an idempotency key of another customer is independent`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let first: ReceivedOrder = try await orders.place(of: product, key: "key").decoded()
            let second: ReceivedOrder = try await orders.place(9, for: bob, key: "key").decoded()
            #expect(first.id != second.id)
        }
    }

    @Test func `two orders without an idempotency key are independent`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let first: ReceivedOrder = try await orders.place(of: product).decoded()
            let second: ReceivedOrder = try await orders.place(of: product).decoded()
            #expect(first.id != second.id)
        }
    }

    @Test func `a repeated request after the cancellation returns the cancelled order`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let first: ReceivedOrder = try await orders.place(of: product, key: "key").decoded()
            _ = try await orders.cancel(first.id)
            let repeated: ReceivedOrder = try await orders.place(of: product, key: "key").decoded()
            #expect(repeated.id == first.id)
            #expect(repeated.status == "cancelled")
            #expect(stub.reservations == [])
        }
    }

    @Test(arguments: ["", "a b", "é", "\t", String(repeating: "k", count: 256)])
    func `an idempotency key with other than 1 to 255 visible characters is a bad request`(key: String) async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let response = try await orders.place(key: key)
            #expect(response.status == 400)
            #expect(stub.calls(.put) == [])
        }
    }

    @Test func `an idempotency key of 255 visible characters is accepted`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.place(key: String(repeating: "~", count: 255))
            #expect(response.status == 201)
        }
    }

    @Test func `a request with two idempotency keys is a bad request`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            var headers: HTTPFields = [:]
            headers[values: .idempotencyKey] = ["a", "b"]
            let response = try await orders.client.send(
                .post, "/orders", token: orders.token(), headers: headers,
                json: #"{"items":[{"product_id":"\#(product.lowercase)","quantity":1}]}"#)
            #expect(response.status == 400)
        }
    }
}
