import Database
import Foundation
import HTTPTypes
import Logging
import ServiceLifecycle
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite(.timeLimit(.minutes(1))) struct OutboxTests {
    @Test func `the oldest entries are taken first, and at most as many as the limit`() async throws {
        try await CheckoutUnderTest.run { orders in
            var ids: [UUID] = []
            for _ in 1...5 {
                orders.clock.advance(seconds: 1)
                ids.append(try await orders.store.placeSample(at: orders.clock.now))
            }
            let now = orders.clock.now
            for expected: Set<UUID> in [[ids[0], ids[1]], [ids[2], ids[3]], [ids[4]], []] {
                let taken = try await orders.store.takeDueEntries(.message, limit: 2, at: now, leaseUntil: now + 15)
                #expect(Set(taken.map(\.order)) == expected)
            }
        }
    }

    @Test func `a sweep makes every call that is due, also more than run at a time`() async throws {
        try await CheckoutUnderTest.run { orders in
            var expected: Set<String> = []
            for _ in 1...40 {
                try await orders.store.placeSample(at: orders.clock.now)
            }
            for row in try await orders.rows("SELECT id FROM outbox") {
                let id: String = try row["id"]
                expected.insert("/accounts/\(alice.lowercase)/messages/\(id)")
            }
            await orders.outbox.sweep()
            #expect(expected.count == 40)
            #expect(Set(orders.stub.calls(.put).map(\.path)) == expected)
            #expect(orders.stub.calls(.put).count == 40)
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `a failed call is repeated after pauses that double up to a minute`() async throws {
        let stub = StubServices(delivery: { $0 <= 9 ? .internalServerError : .created })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            for (attempt, pause) in zip(1..., [1.0, 2, 4, 8, 16, 32, 60, 60, 60]) {
                await orders.outbox.sweep()
                let entry = try #require(try await orders.entries().first)
                #expect(entry.attempts == attempt)
                #expect((pause / 2 - 0.001...pause + 0.001).contains(entry.dueInSeconds))
                await orders.outbox.sweep()
                #expect(stub.calls(.put).count == attempt)
                orders.clock.advance(seconds: entry.dueInSeconds)
            }
            await orders.outbox.sweep()
            #expect(stub.calls(.put).count == 10)
            #expect(Set(stub.calls(.put).map(\.path)).count == 1)
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `a call that failed ten thousand times is still repeated within a minute`() async throws {
        try await CheckoutUnderTest.run(beside: StubServices(delivery: { _ in .serviceUnavailable })) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            try await orders.store.database.write { try $0.execute("UPDATE outbox SET attempts = 10000") }
            await orders.outbox.sweep()
            let entry = try #require(try await orders.entries().first)
            #expect(entry.attempts == 10_001)
            #expect((30...60.001).contains(entry.dueInSeconds))
        }
    }

    @Test(arguments: [HTTPResponse.Status.created, .ok])
    func `a message that inbox accepts, now or earlier, leaves the outbox`(status: HTTPResponse.Status) async throws {
        try await CheckoutUnderTest.run(beside: StubServices(delivery: { _ in status })) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            await orders.outbox.sweep()
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test(arguments: [
        HTTPResponse.Status.noContent, .accepted, .found, .badRequest, .unauthorized, .notFound, .conflict,
        .unprocessableContent, .tooManyRequests, .internalServerError,
    ])
    func `a message stays in the outbox if inbox responds with another status`(status: HTTPResponse.Status) async throws
    {
        try await CheckoutUnderTest.run(beside: StubServices(delivery: { _ in status })) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            await orders.outbox.sweep()
            #expect(try await orders.entries().map(\.attempts) == [1])
        }
    }

    @Test func `a message to one customer is sent while the message to another fails`() async throws {
        let stub = StubServices(delivery: { $0 == 1 ? .internalServerError : .created })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            try await orders.store.placeSample(for: alice, at: orders.clock.now)
            try await orders.store.placeSample(for: bob, at: orders.clock.now)
            await orders.outbox.sweep()
            #expect(stub.calls(.put).count == 2)
            #expect(try await orders.entries().count == 1)
        }
    }

    @Test func `an entry whose process crashed during the call is taken again when its lease ends`() async throws {
        try await CheckoutUnderTest.run { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            let taken = try await orders.store.takeDueEntries(
                .message, limit: 1, at: orders.clock.now, leaseUntil: orders.outbox.releases.leaseEnd())
            #expect(taken.count == 1)
            orders.clock.advance(seconds: 14.9)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.put) == [])
            orders.clock.advance(seconds: 0.1)
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.put).count == 1)
        }
    }

    @Test func `the metrics show how many entries wait and for how long`() async throws {
        let stub = StubServices(delivery: { _ in .internalServerError })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            for _ in 1...37 { try await orders.store.placeSample(at: orders.clock.now) }
            orders.clock.advance(seconds: 123_456)
            // Other tests of this process write the same gauges, so sweep until ours are read.
            let isShown = try await eventually {
                await orders.outbox.sweep()
                let metrics = PrometheusRegistry.shared.text
                return metrics.contains("\noutbox_entries 37.0\n")
                    && metrics.contains(
                        "# HELP outbox_entries Calls that orders still has to make. All replicas report")
                    && metrics.contains("# HELP outbox_oldest_age_seconds ")
                    && metrics.contains("\noutbox_oldest_age_seconds 123456.0\n")
            }
            #expect(isShown)
        }
    }

    @Test func `a shutdown waits for the calls in progress`() async throws {
        let (release, released) = AsyncStream.makeStream(of: Void.self)
        let stub = StubServices(delivery: { _ in
            _ = await release.first { true }
            return .created
        })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            let group = ServiceGroup(
                services: [orders.outbox], logger: Logger(label: "outbox") { _ in SwiftLogNoOpLogHandler() })
            async let running: Void = group.run()
            orders.outbox.notify()
            _ = await stub.waitForCalls(.put)
            await group.triggerGracefulShutdown()
            released.yield()
            try await running
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `an outbox whose database is closed keeps running`() async throws {
        try await CheckoutUnderTest.run { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            let second = try orders.secondProcess()
            try second.store.database.close()
            await second.outbox.sweep()
            #expect(orders.stub.calls(.put) == [])
            await orders.outbox.sweep()
            #expect(orders.stub.calls(.put).count == 1)
        }
    }

    @Test func `a stopped inbox does not delay the release of stock`() async throws {
        let (release, released) = AsyncStream.makeStream(of: Void.self)
        let stub = StubServices(delivery: { _ in
            _ = await release.first { true }
            return .created
        })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            for _ in 1...40 { try await orders.store.placeSample(at: orders.clock.now) }
            let id = UUID.version7(at: orders.clock.now)
            try await orders.store.openPending(id, at: orders.clock.now)
            try await orders.store.abandon(id, at: orders.clock.now, releaseAt: orders.clock.now)
            async let sweep: Void = orders.outbox.sweep()
            #expect(await stub.waitForCalls(.delete).map(\.path) == ["/reservations/\(id.lowercase)"])
            #expect(stub.calls(.put).count <= 16)
            for _ in 1...40 { released.yield() }
            released.finish()
            await sweep
        }
    }

    @Test func `a service that cannot be reached is not called again in the same sweep`() async throws {
        try await CheckoutUnderTest.run { orders in
            let other = try orders.process(inboxURL: "http://127.0.0.1:1")
            for _ in 1...40 { try await orders.store.placeSample(at: orders.clock.now) }
            await other.outbox.sweep()
            let attempts = try await orders.entries().map(\.attempts)
            #expect(attempts.filter { $0 == 1 }.count == 16)
            #expect(attempts.filter { $0 == 0 }.count == 24)
        }
    }

    @Test func `an entry that was postponed before the clock was set back is due at once`() async throws {
        let stub = StubServices(delivery: { $0 == 1 ? .internalServerError : .created })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            await orders.outbox.sweep()
            orders.clock.step(seconds: -600)
            await orders.outbox.sweep()
            #expect(stub.calls(.put).count == 2)
            #expect(try await orders.entries().isEmpty)
        }
    }

    @Test func `the age of the oldest entry does not follow a clock that is set`() async throws {
        let stub = StubServices(delivery: { _ in .internalServerError })
        try await CheckoutUnderTest.run(beside: stub) { orders in
            try await orders.store.placeSample(at: orders.clock.now)
            orders.clock.advance(seconds: 77_001)
            await orders.outbox.sweep()
            for step in [-90_000.0, 180_000] {
                orders.clock.step(seconds: step)
                orders.clock.advance(seconds: 1)
                // Other tests of this process write the same gauge, so sweep until ours is read.
                let age = step < 0 ? "77002.0" : "77003.0"
                let isShown = try await eventually {
                    await orders.outbox.sweep()
                    return PrometheusRegistry.shared.text.contains("\noutbox_oldest_age_seconds \(age)\n")
                }
                #expect(isShown)
            }
        }
    }
}
