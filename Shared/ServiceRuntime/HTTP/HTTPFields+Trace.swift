public import HTTPTypes
import Tracing

extension HTTPFields {
    /// Adds the trace of the current task (`traceparent` and `tracestate`), if it belongs to one.
    public mutating func addCurrentTrace() {
        guard let context = InstrumentationContext.current, !context.isEmpty else { return }
        InstrumentationSystem.instrument.inject(context, into: &self, using: TraceFields())
    }
}

extension InstrumentationContext {
    /// The trace that header fields name; empty if they name none.
    init(of fields: HTTPFields) {
        self = .topLevel
        InstrumentationSystem.instrument.extract(fields, into: &self, using: TraceFields())
    }
}

private struct TraceFields: Extractor, Injector {
    func extract(key: String, from fields: HTTPFields) -> String? {
        name(key).flatMap { fields[$0] }
    }

    func inject(_ value: String, forKey key: String, into fields: inout HTTPFields) {
        guard let name = name(key) else { return }
        fields[name] = value
    }

    private func name(_ key: String) -> HTTPField.Name? {
        switch key {
        case "traceparent": .traceparent
        case "tracestate": .tracestate
        // Another tracer may use other fields.
        default: HTTPField.Name(key)
        }
    }
}
