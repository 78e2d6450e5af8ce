import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
    @Test func `a cancellation releases the stock before it responds, and repeating it changes nothing`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let order = try await orders.placedOrder()
            for _ in 1...2 {
                let response = try await orders.cancel(order.id)
                #expect(response.status == 200)
                #expect(response["status"] == "cancelled")
                #expect(stub.reservations == [])
            }
            #expect(
                stub.calls(.delete) == [
                    .init(
                        method: .delete, path: "/reservations/\(order.id)", subject: alice.lowercase, actor: "orders")
                ])
        }
    }

    @Test func `a cancelled order keeps its items, its total and its line in the list`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            let cancelled: ReceivedOrder = try await orders.cancel(order.id).decoded()
            #expect(cancelled.items == order.items)
            #expect(cancelled.totalCents == order.totalCents)
            #expect(try await orders.orders().orders == [cancelled])
        }
    }

    @Test func `a customer cannot cancel the order of another customer`() async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let order = try await orders.placedOrder()
            #expect(try await orders.cancel(order.id, of: bob).status == 404)
            let staff = try orders.token(bob, scope: "orders:write orders:read:all")
            #expect(try await orders.client.send(.post, "/orders/\(order.id)/cancel", token: staff).status == 404)
            #expect(try await orders.folder.statuses() == ["placed"])
        }
    }

    @Test(arguments: ["x", "%00", "..%2f", "0190F8B2-7A6C-7C3E-8D5F-0123456789AB", UUID().lowercase])
    func `a cancellation of an order that does not exist returns 404`(id: String) async throws {
        try await ServiceUnderTest<Orders>.run { orders in
            let response = try await orders.cancel(id)
            #expect(response.status == 404)
        }
    }

    @Test func `a cancellation succeeds while catalog is down, and the outbox releases the stock later`() async throws {
        let stub = StubServices(release: { $0 <= 2 ? .serviceUnavailable : .noContent })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            guard case .placed(let order) = try await orders.place() else {
                Issue.record("The order is not placed.")
                return
            }
            let cancelled = try await orders.checkout.cancel(order.id, of: alice.lowercase)
            #expect(cancelled?.status == .cancelled)
            #expect(stub.reservations == [order.id.lowercase])
            for attempt in 1...2 {
                #expect(stub.calls(.delete).count == attempt)
                orders.clock.advance(seconds: 60)
                await orders.outbox.sweep()
            }
            #expect(stub.reservations == [])
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `a process that crashes during a cancellation leaves the release to the outbox`() async throws {
        try await CheckoutUnderTest.run { orders in
            let id = try await orders.store.placeSample(at: orders.clock.now)
            orders.stub.addReservation(id)
            _ = try await orders.store.cancel(
                id, of: alice.lowercase, at: orders.clock.now, leaseUntil: orders.outbox.releases.leaseEnd())
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete) == [])
            orders.clock.advance(seconds: 15)
            await orders.outbox.sweep()
            #expect(orders.stub.reservations == [])
        }
    }

    @Test func `ten concurrent cancellations release the stock once`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub) { orders in
            let order = try await orders.placedOrder()
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 1...10 { group.addTask { try await orders.cancel(order.id).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 10))
            #expect(stub.calls(.delete).count == 1)
        }
    }
}
