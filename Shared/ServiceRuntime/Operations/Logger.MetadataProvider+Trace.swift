import Logging
import Tracing

extension Logger.MetadataProvider {
    /// Gives each log line the ids of the trace and the span of the task that logs it: `trace_id` and `span_id`. Gives nothing
    /// outside of a trace.
    static let trace = Self {
        var ids: Logger.Metadata = [:]
        guard let context = InstrumentationContext.current, !context.isEmpty else { return ids }
        InstrumentationSystem.instrument.inject(context, into: &ids, using: TraceIDs())
        return ids
    }
}

/// Takes the ids out of a `traceparent`, so any tracer can give them. All its versions begin with the same four members
/// (W3C Trace Context §3.2).
private struct TraceIDs: Injector {
    func inject(_ value: String, forKey key: String, into metadata: inout Logger.Metadata) {
        guard key == "traceparent", value.utf8.count >= 55 else { return }
        let (traceID, spanID) = (value.utf8.dropFirst(3).prefix(32), value.utf8.dropFirst(36).prefix(16))
        metadata = ["trace_id": .string(String(Substring(traceID))), "span_id": .string(String(Substring(spanID)))]
    }
}
