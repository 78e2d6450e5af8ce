import Metrics
import Synchronization

/// The ended spans that wait for their export, oldest first. It is bounded: spans that find it full are dropped, and
/// `trace_spans_dropped_total` counts them.
public final class SpanQueue: Sendable {
    private let maximumCount: Int
    private let batchCount: Int
    private let spans = Mutex<[SpanRecord]>([])
    /// One element as soon as the spans fill a batch.
    let fullBatches: AsyncStream<Void>
    private let notifier: AsyncStream<Void>.Continuation

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - maximumCount: The maximum number of spans that wait.
    ///   - batchCount: The maximum number of spans in a batch.
    public init(maximumCount: Int, batchCount: Int) {
        self.maximumCount = maximumCount
        self.batchCount = batchCount
        (fullBatches, notifier) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        spans.withLock { $0.reserveCapacity(batchCount) }
    }

    /// The number of spans that wait.
    var count: Int { spans.withLock { $0.count } }

    /// Whether the spans fill a batch.
    var hasFullBatch: Bool { count >= batchCount }

    /// Adds a span, or drops it. It never waits.
    func append(_ span: SpanRecord) {
        let count = spans.withLock { spans -> Int? in
            if spans.count < maximumCount {
                spans.append(span)
                return spans.count
            }
            return nil
        }
        guard let count else { return Self.countDropped(1) }
        if count == batchCount { notify() }
    }

    /// The first spans, which stay in the queue; empty if nothing waits.
    func batch() -> [SpanRecord] {
        spans.withLock { Array($0.prefix(batchCount)) }
    }

    /// Removes the first spans, after their export or to drop them.
    ///
    /// - Parameter dropped: How many of them the collector did not accept.
    func removeFirst(_ count: Int, dropped: Int) {
        spans.withLock { $0.removeFirst(min(count, $0.count)) }
        if dropped > 0 { Self.countDropped(dropped) }
    }

    // The backend of metrics starts later than the queue, so the counter is looked up each time.
    private static func countDropped(_ count: Int) {
        Counter(label: "trace_spans_dropped").increment(by: count)
    }

    /// Tells the exporter to export what waits.
    func notify() { notifier.yield() }

    /// Ends `fullBatches`.
    func finish() { notifier.finish() }
}
