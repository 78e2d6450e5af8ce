import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// Orders whose request or process ended before they were placed.
@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    private let clock = TestClock()
    private let id: UUID

    init() {
        id = UUID.version7(at: clock.now)
    }

    @Test func `an order that a crash left pending is abandoned at the next start and its stock is released`()
        async throws
    {
        let folder = try TemporaryFolder()
        try await folder.withStore { try await $0.openPending(id, key: "key", at: clock.now) }
        clock.advance(seconds: 6)
        let stub = StubServices()
        stub.addReservation(id)
        try await ServiceUnderTest<Orders>.run(beside: stub, clock: clock, folder: folder) { orders in
            let releases = await stub.waitForCalls(.delete)
            #expect(
                releases == [
                    .init(
                        method: .delete, path: "/reservations/\(id.lowercase)", subject: alice.lowercase,
                        actor: "orders")
                ])
            #expect(stub.reservations == [])
            let repeated = try await orders.place(key: "key")
            #expect(repeated.status == 201)
            #expect(try await orders.folder.statuses() == ["abandoned", "placed"])
        }
    }

    @Test func `a pending order belongs to its request until its lease ends`() async throws {
        try await CheckoutUnderTest.run { orders in
            try await orders.store.openPending(id, key: "key", at: orders.clock.now)
            orders.clock.advance(seconds: 5.9)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete) == [])
            #expect(try await orders.rows("SELECT * FROM orders WHERE status = 'pending'").count == 1)
            orders.clock.advance(seconds: 0.1)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete).map(\.path) == ["/reservations/\(id.lowercase)"])
            #expect(try await orders.rows("SELECT * FROM orders WHERE status = 'abandoned'").count == 1)
        }
    }

    @Test func `a pending order is neither listed nor shown nor cancelled`() async throws {
        let folder = try TemporaryFolder()
        try await folder.withStore { try await $0.openPending(id, at: clock.now) }
        try await ServiceUnderTest<Orders>.run(clock: clock, folder: folder) { orders in
            #expect(try await orders.orders().ids == [])
            #expect(try await orders.orders(scope: staffScope).ids == [])
            for scope in ["orders:read", staffScope] {
                let token = try orders.token(scope: scope)
                #expect(try await orders.client.send(.get, "/orders/\(id.lowercase)", token: token).status == 404)
            }
            #expect(try await orders.cancel(id.lowercase).status == 404)
            #expect(try await orders.folder.statuses() == ["pending"])
        }
    }

    @Test func `a request whose lease ends while catalog works fails with 503 and leaves no reservation`() async throws
    {
        let stub = StubServices()
        stub.catalog = .reserves(after: { [clock] in
            clock.advance(seconds: 6)
            _ = await stub.waitForCalls(.delete)
        })
        try await ServiceUnderTest<Orders>.run(beside: stub, clock: clock) { orders in
            let response = try await orders.place()
            #expect(response.status == 503)
            #expect(response.code == "catalog_unavailable")
            // On a busy machine, the call to catalog can reach its time limit before the release arrives.
            _ = await stub.waitForCalls(.delete)
            #expect(stub.reservations == [])
            #expect(try await orders.folder.statuses() == ["abandoned"])
            #expect(stub.calls(.put, "/accounts/") == [])
        }
    }

    @Test(arguments: [3600.0, -3600])
    func `an order in progress stays pending while the clock is set`(seconds: Double) async throws {
        let stub = StubServices()
        try await CheckoutUnderTest.run(beside: stub) { orders in
            stub.catalog = .reserves(after: {
                orders.clock.step(seconds: seconds)
                await orders.outbox.sweep()
            })
            guard case .placed = try await orders.place() else {
                Issue.record("The order is not placed.")
                return
            }
        }
    }

    @Test func `a lease that was given before the clock was set back has ended`() async throws {
        try await CheckoutUnderTest.run { orders in
            try await orders.store.openPending(id, at: orders.clock.now)
            orders.clock.step(seconds: -600)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete).map(\.path) == ["/reservations/\(id.lowercase)"])
        }
    }

    @Test func `a lease that another process has given a moment later lasts`() async throws {
        try await CheckoutUnderTest.run { orders in
            try await orders.store.openPending(id, at: orders.clock.now + 1)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.delete).isEmpty)
            #expect(try await orders.store.countEntries() == 0)
        }
    }

    @Test func `messages and releases of an earlier process are sent at the next start`() async throws {
        let folder = try TemporaryFolder()
        let placed = try await folder.withStore { store in
            let ids = [try await store.placeSample(at: clock.now), try await store.placeSample(at: clock.now)]
            _ = try await store.cancel(ids[0], of: alice.lowercase, at: clock.now, leaseUntil: clock.now + 15)
            return ids
        }
        clock.advance(seconds: 15)
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.run(beside: stub, clock: clock, folder: folder) { orders in
            #expect(await stub.waitForCalls(.put, "/accounts/\(alice.lowercase)/", count: 2).count == 2)
            #expect(await stub.waitForCalls(.delete).map(\.path) == ["/reservations/\(placed[0].lowercase)"])
        }
        #expect(try await folder.rows("SELECT * FROM outbox").isEmpty)
    }
}
