import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Makes the calls that stand in the outbox: at once when one is written, and again with growing pauses until the other
/// service has answered.
///
/// Every call may be made twice, after a crash or by two replicas; to the services that are called that changes nothing.
final class Outbox: Service {
    private let store: OrderStore
    private let catalog: CatalogClient
    private let inbox: InboxClient
    private let clock: WallClock
    private let logger = Logger(label: "outbox")
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    private static let sweepInterval = Duration.seconds(1)
    private static let maxCallsAtOnce = 16
    private static let leaseSeconds = 15.0
    private static let maxPauseSeconds = 60.0

    init(store: OrderStore, catalog: CatalogClient, inbox: InboxClient, clock: WallClock) {
        self.store = store
        self.catalog = catalog
        self.inbox = inbox
        self.clock = clock
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that an entry was written.
    func notify() {
        wake.yield()
    }

    /// Makes calls until the service shuts down. Those under way are finished, since nobody else would make them until
    /// their lease ends; what is left over is for the next start.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await Task.sleep(for: Self.sweepInterval)) != nil { self.notify() }
            }
            await withGracefulShutdownHandler {
                for await _ in wakeUps { await sweep() }
            } onGracefulShutdown: {
                self.wake.finish()
            }
            group.cancelAll()
        }
    }

    /// Gives up what crashed requests left pending, and makes the calls that are due.
    func sweep() async {
        do {
            try await store.abandonExpired(at: clock.now())
            while true {
                let due = try await store.takeDueEntries(
                    limit: Self.maxCallsAtOnce, at: clock.now(), leaseUntil: leaseEnd())
                await withDiscardingTaskGroup { group in
                    for entry in due { group.addTask { await self.run(entry) } }
                }
                try await report()
                if due.count < Self.maxCallsAtOnce || Task.isShuttingDownGracefully { break }
            }
        } catch is CancellationError {
        } catch {
            logger.error("The outbox cannot reach its store.", metadata: ["error": "\(error)"])
        }
    }

    /// Until when an entry that is taken now belongs to whoever took it.
    func leaseEnd() -> Date {
        clock.now().addingTimeInterval(Self.leaseSeconds)
    }

    /// Makes the call of an entry that was taken, and keeps it for later when that fails.
    func run(_ entry: OutboxEntry) async {
        do {
            switch entry.call {
            case .release:
                try await catalog.release(entry.order, of: entry.account)
            case .deliver(let message):
                try await inbox.deliver(
                    message.id, to: entry.account, subject: message.subject, body: message.body)
            }
            try await store.finish(entry)
        } catch {
            let pause = min(pow(2, Double(max(0, entry.attempts - 1))), Self.maxPauseSeconds) * .random(in: 0.5...1)
            logger.warning(
                "A call to another service failed and is made again later.",
                metadata: ["order": "\(entry.order.lowercase)", "error": "\(error)", "pause_s": "\(pause.rounded())"])
            try? await store.postpone(entry, until: clock.now().addingTimeInterval(pause))
        }
    }

    private func report() async throws {
        Gauge(label: "outbox_entries").record(try await store.countEntries())
        let age = try await store.oldestEntryDate().map { clock.now().timeIntervalSince($0) } ?? 0
        Gauge(label: "outbox_oldest_age_seconds").record(max(0, age))
    }
}
