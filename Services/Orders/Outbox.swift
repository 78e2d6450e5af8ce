import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Makes the calls of the outbox when they are due, and repeats a failed call with growing pauses until it succeeds.
///
/// Each called service has a separate lane, so stock is released while inbox does not respond. After a crash or with two
/// processes, a call may happen twice. The called services accept the repetition.
final class Outbox: Service {
    /// The calls that release stock.
    let releases: OutboxLane
    private let messages: OutboxLane
    private let store: OrderStore
    private let clock: WallClock
    private let leases: OrderLeases
    private let logger = Logger(label: "outbox")
    /// The oldest entry, its age when this process saw it first, and the time of the steady clock at which it did.
    private let oldest = Mutex<(id: UUID, age: Duration, seenAt: Duration)?>(nil)

    private static let sweepInterval = Duration.seconds(1)
    /// All replicas read the same table.
    private static let scope = "All replicas report the same value: take the maximum, not the sum."

    init(store: OrderStore, catalog: CatalogClient, inbox: InboxClient, leases: OrderLeases, clock: WallClock) {
        self.store = store
        self.clock = clock
        self.leases = leases
        releases = OutboxLane(of: .release, store: store, clock: clock) { entry in
            try await catalog.release(entry.order, of: entry.account)
        }
        messages = OutboxLane(of: .message, store: store, clock: clock) { entry in
            if case .deliver(let message) = entry.call { try await inbox.deliver(message, to: entry.account) }
        }
        PrometheusRegistry.shared.describe([
            "outbox_entries": "Calls that orders still has to make. \(Self.scope)",
            "outbox_oldest_age_seconds": "Age of the oldest call that orders still has to make. \(Self.scope)",
        ])
    }

    /// Tells the outbox that an entry was inserted.
    func notify() {
        for lane in [releases, messages] { lane.notify() }
    }

    /// Sweeps the outbox until the service shuts down.
    ///
    /// The shutdown waits for calls in progress, because no other process repeats them before their lease ends. The
    /// remaining entries stay for the next start.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await cancelWhenGracefulShutdown {
                        repeat {
                            await self.abandonExpired()
                        } while (try? await Task.sleep(for: Self.sweepInterval))
                            != nil
                    }
                }
                for lane in [releases, messages] { group.addTask { await lane.run() } }
            }
        } onGracefulShutdown: {
            for lane in [self.releases, self.messages] { lane.finish() }
        }
    }

    /// Abandons the orders of requests that crashed, makes the calls that are due, and records the metrics.
    func sweep() async {
        await abandonExpired()
        await withDiscardingTaskGroup { group in
            for lane in [releases, messages] { group.addTask { await lane.sweep() } }
        }
        await recordMetrics()
    }

    /// Abandons the orders of requests that crashed, notifies the lanes, and records the metrics.
    private func abandonExpired() async {
        do {
            try await store.abandonExpired(at: clock.now(), except: leases.held)
        } catch is CancellationError {
        } catch {
            logger.error("The outbox cannot use its database.", metadata: ["error": "\(error)"])
        }
        notify()
        await recordMetrics()
    }

    /// Records the gauges, unless the database cannot be read; `abandonExpired` then logs the error.
    private func recordMetrics() async {
        do {
            let (count, oldest) = (try await store.countEntries(), try await store.oldestEntry())
            Gauge(label: "outbox_entries").record(count)
            Gauge(label: "outbox_oldest_age_seconds").record(oldest.map(age)?.inSeconds ?? 0)
        } catch {}
    }

    /// The age of the oldest entry. The date matters only when this process sees the entry for the first time.
    private func age(of entry: (id: UUID, createdAt: Date)) -> Duration {
        let now = clock.steady.now()
        return oldest.withLock { oldest in
            if let oldest, oldest.id == entry.id { return oldest.age + (now - oldest.seenAt) }
            let age = Duration.seconds(max(0, clock.now().timeIntervalSince(entry.createdAt)))
            oldest = (entry.id, age, now)
            return age
        }
    }
}
