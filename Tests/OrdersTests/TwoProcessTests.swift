import Foundation
import HTTPTypes
import HummingbirdTesting
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

/// Two processes of orders on one database.
@Suite(.timeLimit(.minutes(1))) struct TwoProcessTests {
    @Test func `an order that one process placed is shown, listed and cancelled by the other`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.runTwice(beside: stub) { first, second in
            let order = try await first.placedOrder()
            #expect(try await second.orders().orders == [order])
            #expect(try await second.cancel(order.id).status == 200)
            #expect(stub.reservations == [])
            #expect(try await first.orders().orders.map(\.status) == ["cancelled"])
        }
    }

    @Test func `an idempotency key places one order even if both processes get the request`() async throws {
        let stub = StubServices()
        let product = UUID()
        try await ServiceUnderTest<Orders>.runTwice(beside: stub) { first, second in
            let responses = try await withThrowingTaskGroup { group in
                for index in 0..<20 {
                    group.addTask { try await (index % 2 == 0 ? first : second).place(of: product, key: "key") }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.contains { $0.status == 201 })
            #expect(responses.filter { $0.status != 201 }.allSatisfy { $0.code == "request_in_progress" })
            #expect(stub.reservations.count == 1)
            #expect(try await first.folder.statuses() == ["placed"])
        }
    }

    @Test func `a receipt link that one process accepted is rejected by the other`() async throws {
        try await ServiceUnderTest<Orders>.runTwice { first, second in
            let order = try await first.placedOrder()
            let response = try await first.client.send(
                .post, "/orders/\(order.id)/receipt-link", token: first.token())
            let url = try #require(response["url"].flatMap(URL.init(string:)))
            let link = "\(url.path)?\(url.query ?? "")"
            #expect(try await second.client.send(.get, link).status == 200)
            #expect(try await first.client.send(.get, link).status == 401)
        }
    }

    @Test func `an order that one process left pending is released by the other`() async throws {
        let stub = StubServices()
        try await CheckoutUnderTest.run(beside: stub) { first in
            let second = try first.secondProcess()
            stub.catalog = .reserves(after: {
                first.clock.advance(seconds: 6)
                await second.outbox.sweep()
            })
            guard case .catalogUnavailable = try await first.place() else {
                Issue.record("The order was placed although its lease has ended.")
                return
            }
            #expect(stub.reservations == [])
            #expect(stub.calls(.delete).count == 1)
        }
    }

    @Test func `two outboxes that sweep at the same time make each call once`() async throws {
        try await CheckoutUnderTest.run { first in
            let second = try first.secondProcess()
            for _ in 1...60 { try await first.store.placeSample(at: first.clock.now) }
            async let sweep: Void = first.outbox.sweep()
            await second.outbox.sweep()
            await sweep
            let paths = first.stub.calls(.put).map(\.path)
            #expect(paths.count == 60)
            #expect(Set(paths).count == 60)
            #expect(try await first.entries().isEmpty)
        }
    }

    @Test func `forty orders at two processes each have their reservation and their message`() async throws {
        let stub = StubServices()
        try await ServiceUnderTest<Orders>.runTwice(beside: stub) { first, second in
            let ids = try await withThrowingTaskGroup { group in
                for index in 0..<40 {
                    group.addTask { try await (index % 2 == 0 ? first : second).placedOrder().id }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 40)
            #expect(stub.reservations == ids)
            #expect(await stub.waitForCalls(.put, "/accounts/", count: 40).count == 40)
        }
    }
}
