import Database
import Tracing

/// The trace of the request that made a call of the outbox necessary (W3C Trace Context). The outbox stores it with the call,
/// so a later delivery belongs to the same trace, whichever process makes it.
struct StoredTrace: Sendable, Equatable {
    /// The header field `traceparent`; empty outside of a trace.
    private(set) var traceparent = ""
    /// The header field `tracestate`; may be empty.
    private(set) var tracestate = ""

    /// The trace of the current task. The closures of a transaction cannot read it, because they run on other threads.
    static var current: Self {
        var stored = Self()
        guard let context = InstrumentationContext.current else { return stored }
        InstrumentationSystem.instrument.inject(context, into: &stored, using: Fields())
        return stored
    }

    /// The context that continues the trace.
    var context: InstrumentationContext {
        var context = InstrumentationContext.topLevel
        if !traceparent.isEmpty { InstrumentationSystem.instrument.extract(self, into: &context, using: Fields()) }
        return context
    }

    private struct Fields: Extractor, Injector {
        func extract(key: String, from trace: StoredTrace) -> String? {
            switch key {
            case "traceparent": trace.traceparent
            case "tracestate": trace.tracestate
            default: nil
            }
        }

        func inject(_ value: String, forKey key: String, into trace: inout StoredTrace) {
            switch key {
            case "traceparent": trace.traceparent = value
            case "tracestate": trace.tracestate = value
            default: break
            }
        }
    }
}

extension StoredTrace {
    /// Reads the trace of a row of the outbox.
    init(_ row: Row) throws {
        traceparent = try row["traceparent"]
        tracestate = try row["tracestate"]
    }
}
