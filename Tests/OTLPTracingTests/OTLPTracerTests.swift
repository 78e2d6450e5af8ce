import Foundation
import Testing
import Tracing

@testable import OTLPTracing

@Suite struct OTLPTracerTests {
    private static let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    private struct Fields: Extractor, Injector {
        func extract(key: String, from fields: [String: String]) -> String? { fields[key] }
        func inject(_ value: String, forKey key: String, into fields: inout [String: String]) { fields[key] = value }
    }

    private struct UnexpectedError: Error, CustomStringConvertible {
        var description: String { "with a secret" }
    }

    private struct OtherInstant: TracerInstant {
        let nanosecondsSinceEpoch: UInt64

        static func < (a: Self, b: Self) -> Bool { a.nanosecondsSinceEpoch < b.nanosecondsSinceEpoch }
    }

    private let queue = SpanQueue(maximumCount: 10, batchCount: 10)

    private func tracer(_ sampler: Sampler = Sampler(ratio: 1, isParentBased: true)) -> OTLPTracer {
        OTLPTracer(sampler: sampler, queue: queue)
    }

    private func context(_ fields: [String: String], _ tracer: OTLPTracer) -> InstrumentationContext {
        var context = InstrumentationContext.topLevel
        tracer.extract(fields, into: &context, using: Fields())
        return context
    }

    private func fields(_ context: InstrumentationContext, _ tracer: OTLPTracer) -> [String: String] {
        var fields: [String: String] = [:]
        tracer.inject(context, into: &fields, using: Fields())
        return fields
    }

    @Test func `a span of a caller's trace has a new id, the caller as parent, and passes the trace state on`() throws {
        let tracer = tracer()
        let context = context(["traceparent": "\(Self.caller)-01", "tracestate": "a=1"], tracer)
        let onward = tracer.withSpan("GET /products", context: context, ofKind: .server) { fields($0.context, tracer) }
        let span = try #require(queue.batch().first)
        #expect(queue.count == 1)
        #expect(span.trace.traceID == 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736)
        #expect(span.parentID == 0x00f0_67aa_0ba9_02b7)
        #expect(span.trace.spanID != span.parentID)
        #expect(onward == ["traceparent": span.trace.traceparent, "tracestate": "a=1"])
        #expect(span.end >= span.start)
    }

    @Test func `spans within a span are its children, and two traces have different ids`() {
        let tracer = tracer()
        for _ in 1...2 { tracer.withSpan("outer") { _ in tracer.withSpan("inner") { _ in } } }
        let spans = queue.batch()
        #expect(spans.map(\.name) == ["inner", "outer", "inner", "outer"])
        #expect(spans[0].parentID == spans[1].trace.spanID)
        #expect(spans[1].parentID == nil)
        #expect(spans[0].trace.traceID == spans[1].trace.traceID)
        #expect(spans[1].trace.traceID != spans[3].trace.traceID)
    }

    @Test(arguments: [
        (Sampler(ratio: 1, isParentBased: false), [true, true, true]),
        (Sampler(ratio: 0, isParentBased: false), [false, false, false]),
        (Sampler(ratio: 1, isParentBased: true), [true, true, false]),
        (Sampler(ratio: 0, isParentBased: true), [false, true, false]),
    ])
    func `the sampler decides about new traces, those of a recording caller and those of another`(
        sampler: Sampler, expected: [Bool]
    ) {
        let tracer = tracer(sampler)
        let callers = [[:], ["traceparent": "\(Self.caller)-01"], ["traceparent": "\(Self.caller)-00"]]
        for (caller, isRecorded) in zip(callers, expected) {
            let count = queue.count
            let onward = tracer.withSpan("a", context: context(caller, tracer)) { fields($0.context, tracer) }
            #expect(queue.count - count == (isRecorded ? 1 : 0))
            #expect(onward["traceparent"]?.hasSuffix(isRecorded ? "-01" : "-00") == true)
        }
    }

    @Test func `a ratio decides by the trace id, and equally for equal ids`() {
        let half = Sampler(ratio: 0.5, isParentBased: false)
        #expect(half.samples(0x7FFF_FFFF_FFFF_FFFF, under: nil))
        #expect(!half.samples(0x8000_0000_0000_0000, under: nil))
        #expect(Sampler(ratio: 1, isParentBased: false).samples(.max, under: nil))
        #expect(!Sampler(ratio: 0, isParentBased: false).samples(1 << 64, under: nil))
    }

    @Test func `the flag for a random trace id is passed on`() throws {
        let tracer = tracer(Sampler(ratio: 1, isParentBased: false))
        for (flags, expected) in [("00", "01"), ("01", "01"), ("02", "03"), ("03", "03")] {
            let context = context(["traceparent": "\(Self.caller)-\(flags)"], tracer)
            let onward = tracer.withSpan("a", context: context) { fields($0.context, tracer)["traceparent"] }
            #expect(onward?.suffix(2) == expected[...])
        }
        let request = ExportTraceRequest(queue.batch(), resource: [:])
        let text = String(decoding: try request.json, as: UTF8.self)
        #expect(text.matches(of: /"flags":(\d+)/).map(\.1) == ["1", "1", "3", "3"])
    }

    @Test func `a tracer without a queue passes a trace on with a new span id and begins none`() {
        let tracer = OTLPTracer(sampler: Sampler(ratio: 1, isParentBased: true), queue: nil)
        for flags in ["00", "01", "02", "03"] {
            let caller = "\(Self.caller)-\(flags)"
            let onward = tracer.withSpan("a", context: context(["traceparent": caller], tracer)) { span in
                #expect(!span.isRecording)
                return fields(span.context, tracer)["traceparent"]
            }
            #expect(onward?.prefix(36) == caller.prefix(36))
            #expect(onward?.suffix(3) == caller.suffix(3))
            #expect(onward != caller)
        }
        let isEmpty = tracer.withSpan("a", context: .topLevel) { $0.context.isEmpty }
        #expect(isEmpty)
    }

    @Test(arguments: ["00", "01"])
    func `spans that are not recorded share the id that the service has got in the trace`(flags: String) {
        let tracer = tracer(Sampler(ratio: 0, isParentBased: false))
        let caller = "\(Self.caller)-\(flags)"
        let context = context(["traceparent": caller, "tracestate": "a=1"], tracer)
        tracer.withSpan("outer", context: context, ofKind: .server) { outer in
            let onward = fields(outer.context, tracer)
            #expect(onward["traceparent"]?.hasPrefix(caller.prefix(36)) == true)
            #expect(onward["traceparent"]?.hasSuffix("-00") == true)
            #expect(onward["traceparent"]?.dropLast(3) != caller.dropLast(3))
            #expect(onward["tracestate"] == "a=1")
            tracer.withSpan("inner") { #expect(fields($0.context, tracer) == onward) }
        }
        tracer.withSpan("outer", context: context) { again in
            tracer.withSpan("other", context: context) {
                #expect(fields($0.context, tracer) != fields(again.context, tracer))
            }
        }
        #expect(queue.count == 0)
    }

    @Test func `an error is recorded by its type, never by its description`() throws {
        let tracer = tracer()
        #expect(throws: UnexpectedError.self) { try tracer.withSpan("a") { _ -> Void in throw UnexpectedError() } }
        let span = try #require(queue.batch().first)
        #expect(span.status?.code == .error)
        #expect(span.attributes == ["error.type": "UnexpectedError"])
    }

    @Test func `a change of the system clock during a span does not change its duration`() {
        let hour: UInt64 = 3_600_000_000_000
        let now = DefaultTracerClock.now.nanosecondsSinceEpoch
        let starts = [now - hour, now + hour]
        for start in starts {
            tracer().startSpan("a", at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start)).end()
        }
        let spans = queue.batch()
        #expect(spans.map(\.start) == starts)
        #expect(spans.allSatisfy { (1..<hour).contains($0.end - $0.start) })
    }

    @Test func `an instant of another clock is the end of a span, but not before its start`() {
        for end: UInt64 in [250, 50] {
            tracer().startSpan("a", at: OtherInstant(nanosecondsSinceEpoch: 100)).end(
                at: OtherInstant(nanosecondsSinceEpoch: end))
        }
        #expect(queue.batch().map(\.end) == [250, 100])
    }

    @Test func `a span that has ended changes no more and is queued once`() {
        let span = tracer().startSpan("a")
        span.end()
        span.operationName = "b"
        span.attributes["key"] = "value"
        span.end()
        #expect(queue.batch().map(\.name) == ["a"])
        #expect(!span.isRecording)
    }
}
