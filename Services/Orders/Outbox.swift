import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Makes the calls of the outbox when they are due, and repeats a failed call with growing pauses until it succeeds.
///
/// After a crash or with two processes, a call may happen twice. The called services accept the repetition.
final class Outbox: Service {
    private let store: OrderStore
    private let catalog: CatalogClient
    private let inbox: InboxClient
    private let clock: WallClock
    private let logger = Logger(label: "outbox")
    private let notifications: AsyncStream<Void>
    private let notifier: AsyncStream<Void>.Continuation

    private static let sweepInterval = Duration.seconds(1)
    private static let maximumConcurrentCalls = 16
    private static let leaseSeconds = 15.0
    private static let maximumPauseSeconds = 60.0

    init(store: OrderStore, catalog: CatalogClient, inbox: InboxClient, clock: WallClock) {
        self.store = store
        self.catalog = catalog
        self.inbox = inbox
        self.clock = clock
        (notifications, notifier) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Tells the outbox that an entry was inserted.
    func notify() {
        notifier.yield()
    }

    /// Sweeps the outbox until the service shuts down.
    ///
    /// The shutdown waits for calls in progress, because no other process repeats them before their lease ends. The
    /// remaining entries stay for the next start.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: Self.sweepInterval)) != nil { self.notify() }
            }
            await withGracefulShutdownHandler {
                for await _ in notifications { await sweep() }
            } onGracefulShutdown: {
                self.notifier.finish()
            }
            group.cancelAll()
        }
    }

    /// Abandons the orders of requests that crashed, and makes the calls that are due.
    func sweep() async {
        do {
            try await store.abandonExpired(at: clock.now())
            while true {
                let due = try await store.takeDueEntries(
                    limit: Self.maximumConcurrentCalls, at: clock.now(), leaseUntil: leaseEnd())
                await withDiscardingTaskGroup { group in
                    for entry in due { group.addTask { await self.run(entry) } }
                }
                try await recordMetrics()
                if due.count < Self.maximumConcurrentCalls || Task.isShuttingDownGracefully { break }
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
    func run(_ entry: OutboxEntry) async {
        do {
            switch entry.call {
            case .release: try await catalog.release(entry.order, of: entry.account)
            case .deliver(let message): try await inbox.deliver(message, to: entry.account)
            }
            try await store.finish(entry)
        } catch {
            let pause = min(pow(2, Double(max(0, entry.attempts - 1))), Self.maximumPauseSeconds) * .random(in: 0.5...1)
            logger.warning(
                "A call to another service failed and will be repeated.",
                metadata: ["order": "\(entry.order.lowercase)", "error": "\(error)", "pause_s": "\(pause.rounded())"])
            try? await store.postpone(entry, until: clock.now().addingTimeInterval(pause))
        }
    }

    private func recordMetrics() async throws {
        Gauge(label: "outbox_entries").record(try await store.countEntries())
        let age = try await store.oldestEntryDate().map { clock.now().timeIntervalSince($0) } ?? 0
        Gauge(label: "outbox_oldest_age_seconds").record(max(0, age))
    }
}
