import Foundation
import OTLPTracing
import ServiceRuntime
import TestSupport
import Testing
import Tracing

@testable import OrdersService

@Suite struct StoredTraceTests {
    private static let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func inTrace<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await withTracer(OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: nil)) {
            var context = InstrumentationContext.topLevel
            context.trace = TraceContext(traceparent: Self.traceparent, tracestate: "a=1")
            return try await InstrumentationContext.$current.withValue(context, operation: body)
        }
    }

    @Test func `a message carries the trace of its order, also when another process delivers it`() async throws {
        try await CheckoutUnderTest.run { orders in
            let now = orders.clock.now
            try await inTrace { _ = try await orders.store.placeSample(at: now) }
            let other = try orders.secondProcess()
            let entry = try #require(
                try await other.store.takeDueEntries(.message, limit: 1, at: now, leaseUntil: now + 15).first)
            #expect(entry.trace.traceparent == Self.traceparent)
            #expect(entry.trace.tracestate == "a=1")
            let context = try await inTrace { entry.trace.context }
            #expect(context.trace?.traceparent == Self.traceparent)
            #expect(context.trace?.state == "a=1")
        }
    }

    @Test func `the release of a cancelled order carries the trace of its cancellation`() async throws {
        try await CheckoutUnderTest.run { orders in
            let now = orders.clock.now
            let id = try await orders.store.placeSample(at: now)
            let cancelled = try await inTrace {
                try await orders.store.cancel(id, of: alice.lowercase, at: now, leaseUntil: now)
            }
            #expect(cancelled?.release?.trace.traceparent == Self.traceparent)
            let message = try await orders.store.takeDueEntries(.message, limit: 1, at: now, leaseUntil: now + 15).first
            #expect(message?.trace == StoredTrace())
        }
    }
}
