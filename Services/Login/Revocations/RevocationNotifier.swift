import Database
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// Tells those who wait for news of the revocations that there may be some.
final class RevocationNotifier: Sendable {
    /// The most who may wait at once.
    static let maxListeners = 64

    private struct State {
        var nextID = 0
        var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Somebody who hears each ring from its making on, also one that comes before `wait`.
    final class Listener: Sendable {
        private let bell: RevocationNotifier
        private let id: Int
        private let rings: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        fileprivate init(bell: RevocationNotifier, id: Int) {
            (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
            self.bell = bell
            self.id = id
        }

        deinit {
            bell.remove(id)
        }

        fileprivate var ear: AsyncStream<Void>.Continuation { continuation }

        /// Waits for a ring. Returns at once, and false, when the deadline is over or the service shuts down.
        func wait(until deadline: ContinuousClock.Instant) async -> Bool {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { await self.nextRing() }
                group.addTask {
                    try? await Task.sleep(until: deadline, clock: .continuous)
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
        }

        private func nextRing() async -> Bool {
            await withGracefulShutdownHandler {
                await self.rings.first { true } != nil
            } onGracefulShutdown: {
                self.continuation.finish()
            }
        }
    }

    /// Begins to listen. Nil when too many do already.
    func listen() -> Listener? {
        state.withLock { state in
            guard state.listeners.count < Self.maxListeners else { return nil }
            state.nextID += 1
            let listener = Listener(bell: self, id: state.nextID)
            state.listeners[state.nextID] = listener.ear
            return listener
        }
    }

    /// Wakes everyone who listens.
    func ring() {
        state.withLock { $0.listeners.values.forEach { $0.yield() } }
    }

    var listeners: Int { state.withLock { $0.listeners.count } }

    private func remove(_ id: Int) {
        state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }
}

extension SQLDatabase {
    /// Runs `work` in one transaction, and rings when it has appended revocations.
    func write<Result: Sendable>(
        ringing bell: RevocationNotifier, _ work: @Sendable (Connection) throws -> Result
    ) async throws -> Result {
        let (result, isNews) = try await write { connection in
            let before = try RevocationLog.head(in: connection)
            let result = try work(connection)
            return (result, try RevocationLog.head(in: connection) != before)
        }
        if isNews { bell.ring() }
        return result
    }
}

/// Rings for what others append to the log: another process of the service, or the command `login accounts`.
///
/// The database is asked only while somebody listens.
struct RevocationPoller: Service {
    let log: RevocationLog
    let bell: RevocationNotifier

    private static let interval = Duration.milliseconds(200)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: RevocationLog.Head?
            while (try? await Task.sleep(for: Self.interval)) != nil {
                // What fails here fails for those who wait as well, when their time is over.
                guard bell.listeners > 0, let head = try? await log.head(), head != known else { continue }
                known = head
                bell.ring()
            }
        }
    }
}
