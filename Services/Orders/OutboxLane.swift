import CurlClient
import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime
import Tracing

/// The entries of the outbox that call the same service. Each lane waits for its own service only.
final class OutboxLane: Sendable {
    private let kind: OutboxEntry.Kind
    private let store: OrderStore
    private let clock: WallClock
    private let call: @Sendable (OutboxEntry) async throws -> Void
    private let logger = Logger(label: "outbox")
    private let notifications: AsyncStream<Void>
    private let notifier: AsyncStream<Void>.Continuation

    private static let maximumConcurrentCalls = 16
    private static let leaseSeconds = 15.0
    /// The longest time for which an entry is postponed, in seconds.
    static let maximumPauseSeconds = 60.0

    init(
        of kind: OutboxEntry.Kind, store: OrderStore, clock: WallClock,
        call: @escaping @Sendable (OutboxEntry) async throws -> Void
    ) {
        self.kind = kind
        self.store = store
        self.clock = clock
        self.call = call
        (notifications, notifier) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells the lane that an entry was inserted or may be due.
    func notify() {
        notifier.yield()
    }

    /// Makes the calls that are due after each notification, until `finish` is called.
    func run() async {
        for await _ in notifications { await sweep() }
    }

    /// Ends `run` after the calls in progress.
    func finish() {
        notifier.finish()
    }

    /// Makes the calls that are due. Ends early when the service cannot be reached, because each further call would wait
    /// for its deadline too.
    func sweep() async {
        do {
            while true {
                let due = try await store.takeDueEntries(
                    kind, limit: Self.maximumConcurrentCalls, at: clock.now(), leaseUntil: leaseEnd())
                let isReachable = await withTaskGroup { group in
                    for entry in due { group.addTask { await self.run(entry) } }
                    return await group.reduce(true) { $0 && $1 }
                }
                guard due.count == Self.maximumConcurrentCalls, isReachable, !Task.isShuttingDownGracefully else {
                    return
                }
            }
        } catch is CancellationError {
        } catch {
            logger.error("The outbox cannot use its database.", metadata: ["error": "\(error)"])
        }
    }

    /// The end of the lease of an entry that is taken now.
    func leaseEnd() -> Date {
        clock.now().addingTimeInterval(Self.leaseSeconds)
    }

    /// Makes the call of an entry that was taken, and postpones the entry if the call fails.
    ///
    /// - Returns: Whether the service responded.
    @discardableResult
    func run(_ entry: OutboxEntry) async -> Bool {
        do {
            try await withSpan("deliver \(kind.rawValue)", context: entry.trace.context, ofKind: .consumer) { _ in
                try await call(entry)
                try await store.finish(entry)
            }
            return true
        } catch {
            let pause = min(pow(2, Double(max(0, entry.attempts - 1))), Self.maximumPauseSeconds) * .random(in: 0.5...1)
            InstrumentationContext.withValue(entry.trace.context) {
                logger.warning(
                    "A call to another service failed and will be repeated.",
                    metadata: [
                        "order": "\(entry.order.lowercase)", "error": "\(error)", "pause_s": "\(pause.rounded())",
                    ])
            }
            try? await store.postpone(entry, until: clock.now().addingTimeInterval(pause))
            return !(error is HTTPClientError)
        }
    }
}
