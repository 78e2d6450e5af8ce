import Synchronization
public import Tracing

/// A span of `OTLPTracer`. Without a queue it ignores everything.
public final class OTLPSpan: Span {
    /// The context of everything that happens during the span.
    public let context: InstrumentationContext
    private let queue: SpanQueue?
    /// Nil after the end, and in a span that is not recorded.
    private let record: Mutex<SpanRecord?>

    init(context: InstrumentationContext, record: SpanRecord? = nil, queue: SpanQueue? = nil) {
        self.context = context
        self.queue = queue
        self.record = Mutex(record)
    }

    /// Whether the span is recorded and has not ended.
    public var isRecording: Bool { queue != nil && record.withLock { $0 != nil } }

    /// The name of the span.
    public var operationName: String {
        get { record.withLock { $0?.name ?? "" } }
        set { change { $0.name = newValue } }
    }

    /// The attributes of the span.
    public var attributes: SpanAttributes {
        get { record.withLock { $0?.attributes ?? [:] } }
        set { change { $0.attributes = newValue } }
    }

    /// Sets the status.
    public func setStatus(_ status: SpanStatus) {
        change { $0.status = status }
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
        change {
            if $0.attributes.get("error.type") == nil { $0.attributes["error.type"] = "\(type(of: error))" }
        }
    }

    /// Ends the span and puts it into the queue. A second call has no effect.
    ///
    /// - Parameter instant: The end. One of the default clock counts as now, because that clock may be set during the span.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let queue else { return }
        let ended = record.withLock { record in
            defer { record = nil }
            return record
        }
        guard var ended else { return }
        ended.finish(at: instant())
        queue.append(ended)
    }

    private func change(_ body: (inout SpanRecord) -> Void) {
        guard queue != nil else { return }
        record.withLock { record in
            guard var changed = record.take() else { return }
            body(&changed)
            record = changed
        }
    }
}
