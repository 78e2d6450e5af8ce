import Tracing

/// The ids of the trace and of the span of a task, as log lines show them: 32 and 16 hexadecimal digits.
struct TraceIDs {
    private let traceparent: Substring.UTF8View

    /// The ids of the current task; nil outside of a trace.
    static var current: TraceIDs? {
        guard let context = InstrumentationContext.current, !context.isEmpty else { return nil }
        var traceparent = ""
        InstrumentationSystem.instrument.inject(context, into: &traceparent, using: Traceparent())
        return TraceIDs(traceparent)
    }

    /// Takes the ids out of a `traceparent`, so any tracer can give them. Nil if it is too short.
    private init?(_ traceparent: String) {
        guard traceparent.utf8.count >= 55 else { return nil }
        self.traceparent = traceparent.utf8[...]
    }

    /// The names and the texts of both ids, in the order of the names.
    ///
    /// All versions of `traceparent` begin with the same four members (W3C Trace Context §3.2).
    var members: [(key: String, value: String)] {
        [
            ("span_id", String(Substring(traceparent.dropFirst(36).prefix(16)))),
            ("trace_id", String(Substring(traceparent.dropFirst(3).prefix(32)))),
        ]
    }
}

/// Keeps the `traceparent` of the fields that a tracer writes.
private struct Traceparent: Injector {
    func inject(_ value: String, forKey key: String, into traceparent: inout String) {
        if key == "traceparent" { traceparent = value }
    }
}
