import Tracing

/// What is known about a span.
struct SpanRecord: Sendable {
    let trace: TraceContext
    /// The id of the parent; nil for the first span of a trace.
    let parentID: UInt64?
    var name: String
    let kind: SpanKind
    /// The start, in nanoseconds since 1970.
    let start: UInt64
    /// The end, in nanoseconds since 1970; 0 before the end.
    var end: UInt64 = 0
    var attributes: SpanAttributes = [:]
    var status: SpanStatus?
}
