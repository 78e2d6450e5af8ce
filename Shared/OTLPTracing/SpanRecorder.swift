import Synchronization
import Tracing

/// Keeps the record of a span until the span ends.
final class SpanRecorder: Sendable {
    private let queue: SpanQueue
    /// Nil after the end.
    private let open: Mutex<SpanRecord?>

    init(_ record: SpanRecord, queue: SpanQueue) {
        self.queue = queue
        open = Mutex(record)
    }

    var isOpen: Bool { open.withLock { $0 != nil } }

    /// What is known about the span; nil after its end.
    var record: SpanRecord? { open.withLock { $0 } }

    /// Changes the record, unless the span has ended.
    func change(_ body: (inout SpanRecord) -> Void) {
        open.withLock { record in
            guard var changed = record.take() else { return }
            body(&changed)
            record = changed
        }
    }

    /// Ends the span and puts it into the queue. A second call has no effect.
    func end(at instant: @autoclosure () -> some TracerInstant) {
        let ended = open.withLock { $0.take() }
        guard var ended else { return }
        ended.finish(at: instant())
        queue.append(ended)
    }
}
