import Foundation
import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// Runs the errands: at once when one is left, and again with growing pauses until the other service has heard.
///
/// Every errand may be run twice, after a crash or by two replicas; the services that are called do not mind.
final class Outbox: Service {
    private let store: OrderStore
    private let catalog: CatalogClient
    private let inbox: InboxClient
    private let clock: WallClock
    private let logger = Logger(label: "outbox")
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    private static let sweepInterval = Duration.seconds(1)
    private static let maxErrandsAtOnce = 16
    private static let leaseSeconds = 15.0
    private static let maxPauseSeconds = 60.0

    init(store: OrderStore, catalog: CatalogClient, inbox: InboxClient, clock: WallClock) {
        self.store = store
        self.catalog = catalog
        self.inbox = inbox
        self.clock = clock
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says that an errand was left.
    func notify() {
        wake.yield()
    }

    /// Runs errands until the service shuts down. Those under way are finished, since nobody else would run them until
    /// their lease ends; what is left over is run after the next start.
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

    /// Gives up what crashed requests left pending, and runs what is due.
    func sweep() async {
        do {
            try await store.abandonExpired(at: clock.now())
            while true {
                let due = try await store.takeDueErrands(
                    limit: Self.maxErrandsAtOnce, at: clock.now(), leaseUntil: leaseEnd())
                await withDiscardingTaskGroup { group in
                    for errand in due { group.addTask { await self.run(errand) } }
                }
                if due.count < Self.maxErrandsAtOnce || Task.isShuttingDownGracefully { break }
            }
            Gauge(label: "outbox_errands").record(try await store.countErrands())
        } catch is CancellationError {
        } catch {
            logger.error("The outbox cannot reach its store.", metadata: ["error": "\(error)"])
        }
    }

    /// Until when an errand that is taken now belongs to who took it.
    func leaseEnd() -> Date {
        clock.now().addingTimeInterval(Self.leaseSeconds)
    }

    /// Runs an errand that was taken, and keeps it for later when it fails.
    func run(_ errand: Errand) async {
        do {
            switch errand.task {
            case .release:
                try await catalog.release(errand.order, of: errand.account)
            case .message(let message):
                try await inbox.deliver(
                    message.id, to: errand.account, subject: message.subject, body: message.body)
            }
            try await store.finish(errand)
        } catch {
            let pause = min(pow(2, Double(max(0, errand.attempts - 1))), Self.maxPauseSeconds) * .random(in: 0.5...1)
            logger.warning(
                "An errand has to wait.",
                metadata: ["order": "\(errand.order.lowercase)", "error": "\(error)", "pause_s": "\(pause.rounded())"])
            try? await store.postpone(errand, until: clock.now().addingTimeInterval(pause))
        }
    }
}
