// OTLPTracing: the tracer behind swift-distributed-tracing, which sends its spans to a collector (OTLP/HTTP in JSON). It is
// a separate target because nothing depends on it but the command that starts a service: all other code uses the API
// `Tracing`, so another tracer can replace this one.

public import Tracing

/// A tracer that reads and writes W3C Trace Context and puts the spans that it records into a queue.
///
/// Without a queue it records nothing. Then it only passes on the trace of a caller, with a new span id at each hop.
public struct OTLPTracer: Tracer {
    private let sampler: Sampler
    private let queue: SpanQueue?

    /// Creates a tracer.
    ///
    /// - Parameters:
    ///   - sampler: Decides which traces are recorded.
    ///   - queue: Where ended spans wait for their export; nil to record nothing.
    public init(sampler: Sampler, queue: SpanQueue?) {
        self.sampler = sampler
        self.queue = queue
    }

    /// Starts a span. It belongs to the trace of `context`, or begins a trace.
    ///
    /// A span that is not recorded has a new id only if its parent is in another process. Within it, it has the id of its parent.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.trace
        guard queue != nil || parent != nil else { return OTLPSpan(context: context) }
        let traceID = parent?.traceID ?? IDGenerator.traceID()
        let isSampled = queue == nil ? parent?.isSampled == true : sampler.samples(traceID, under: parent)
        let recordingQueue = isSampled ? queue : nil
        // Nobody refers to a span that is not recorded, so only the first one in a process needs an id.
        if recordingQueue == nil, parent?.isRemote == false { return OTLPSpan(context: context) }
        let trace = TraceContext(
            traceID: traceID, spanID: IDGenerator.spanID(), isSampled: isSampled,
            isRandom: parent?.isRandom == true, state: parent?.state ?? "")
        context.trace = trace
        guard let recordingQueue else { return OTLPSpan(context: context) }
        let record = SpanRecord(
            trace: trace, parentID: parent?.spanID, name: operationName, kind: kind,
            start: instant().nanosecondsSinceEpoch)
        return OTLPSpan(context: context, recorder: SpanRecorder(record, queue: recordingQueue))
    }

    /// Does nothing: the exporter sends all spans when it shuts down.
    @available(*, deprecated, message: "the exporter sends all spans when it shuts down")
    public func forceFlush() {}

    /// Reads `traceparent` and `tracestate`. An invalid `traceparent` counts as missing.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context.trace = extractor.extract(key: Field.traceparent, from: carrier).flatMap {
            TraceContext(traceparent: $0, tracestate: extractor.extract(key: Field.tracestate, from: carrier))
        }
    }

    /// Writes `traceparent`, and `tracestate` unless it is empty.
    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let trace = context.trace else { return }
        injector.inject(trace.traceparent, forKey: Field.traceparent, into: &carrier)
        if !trace.state.isEmpty { injector.inject(trace.state, forKey: Field.tracestate, into: &carrier) }
    }

    private enum Field {
        static let traceparent = "traceparent"
        static let tracestate = "tracestate"
    }
}

extension InstrumentationContext {
    private enum Key: InstrumentationContextKey {
        typealias Value = TraceContext
    }

    /// The position in a trace; nil outside of a trace.
    public var trace: TraceContext? {
        get { self[Key.self] }
        set { self[Key.self] = newValue }
    }
}
