public import Tracing

/// A span of `OTLPTracer`. A span that is not recorded ignores everything, and is no more than its context.
public struct OTLPSpan: Span {
    /// The context of everything that happens during the span.
    public let context: InstrumentationContext
    /// Nil in a span that is not recorded.
    private let recorder: SpanRecorder?

    init(context: InstrumentationContext, recorder: SpanRecorder? = nil) {
        self.context = context
        self.recorder = recorder
    }

    /// Whether the span is recorded and has not ended.
    public var isRecording: Bool { recorder?.isOpen ?? false }

    /// The name of the span.
    public var operationName: String {
        get { recorder?.record?.name ?? "" }
        nonmutating set { recorder?.change { $0.name = newValue } }
    }

    /// The attributes of the span.
    public var attributes: SpanAttributes {
        get { recorder?.record?.attributes ?? [:] }
        nonmutating set { recorder?.change { $0.attributes = newValue } }
    }

    /// Sets the status.
    public func setStatus(_ status: SpanStatus) {
        recorder?.change { $0.status = status }
    }

    /// Does nothing: the services use no events.
    public func addEvent(_ event: SpanEvent) {}

    /// Does nothing: the services use no links.
    public func addLink(_ link: SpanLink) {}

    /// Sets the attribute `error.type` to the type of the error. The description of an error may contain any value, so it is
    /// not recorded.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        recorder?.change {
            if $0.attributes.get("error.type") == nil { $0.attributes["error.type"] = "\(type(of: error))" }
        }
    }

    /// Ends the span and puts it into the queue. A second call has no effect.
    ///
    /// - Parameter instant: The end. One of the default clock counts as now, because that clock may be set during the span.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        recorder?.end(at: instant())
    }
}
