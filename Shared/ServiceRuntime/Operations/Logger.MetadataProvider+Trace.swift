import HTTPTypes
import Logging
import Tracing

extension Logger.MetadataProvider {
    /// Gives each log line the ids of the trace and the span of the task that logs it: `trace_id` and `span_id`. Gives nothing
    /// outside of a trace.
    static let trace = Self {
        guard InstrumentationContext.current?.isEmpty == false else { return [:] }
        var fields = HTTPFields()
        fields.addCurrentTrace()
        guard let parts = fields[.traceparent]?.split(separator: "-"), parts.count == 4 else { return [:] }
        return ["trace_id": "\(parts[1])", "span_id": "\(parts[2])"]
    }
}
