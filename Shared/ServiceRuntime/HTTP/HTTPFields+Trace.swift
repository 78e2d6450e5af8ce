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
        HTTPField.Name(key).flatMap { fields[$0] }
    }

    func inject(_ value: String, forKey key: String, into fields: inout HTTPFields) {
        guard let name = HTTPField.Name(key) else { return }
        fields[name] = value
    }
}
