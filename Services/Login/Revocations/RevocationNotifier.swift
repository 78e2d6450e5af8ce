import Synchronization

/// Wakes the requests that wait for changes of the revocation log.
final class RevocationNotifier: Sendable {
    /// The maximum number of subscriptions at a time.
    static let maximumSubscriptions = 64
    /// The maximum number of subscriptions of one caller at a time. Each replica of a service has one.
    static let maximumSubscriptionsOfCaller = 16

    private struct Subscriber {
        let caller: String
        let continuation: AsyncStream<Void>.Continuation
    }

    private struct State {
        var nextID = 0
        var subscribers: [Int: Subscriber] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// A subscription to changes of the log, starting when it is created. It ends when it is released.
    struct Subscription: Sendable {
        fileprivate let changes: AsyncStream<Void>

        /// Waits for a change since the last call, or since the subscription was created.
        ///
        /// Returns false at the deadline, when the task is cancelled, when a later subscription of the caller ends this
        /// one, and when the notifier has ended.
        func waitForChange(until deadline: ContinuousClock.Instant) async -> Bool {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { await changes.first { true } != nil }
                group.addTask {
                    try? await Task.sleep(until: deadline, clock: .continuous)
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
        }
    }

    /// The current number of subscriptions.
    var subscriptionCount: Int { state.withLock { $0.subscribers.count } }

    /// Starts a subscription. If the caller has `maximumSubscriptionsOfCaller` already, ends the oldest of them, which
    /// probably belongs to a lost connection. Returns nil when there are `maximumSubscriptions` already, and after `end`.
    func subscribe(as caller: String) -> Subscription? {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (id, former): (Int?, Subscriber?) = state.withLock { state in
            let own = state.subscribers.filter { $0.value.caller == caller }.keys
            var former: Subscriber?
            if own.count >= Self.maximumSubscriptionsOfCaller, let oldest = own.min() {
                former = state.subscribers.removeValue(forKey: oldest)
            }
            guard !state.hasEnded, state.subscribers.count < Self.maximumSubscriptions else { return (nil, former) }
            state.nextID += 1
            state.subscribers[state.nextID] = Subscriber(caller: caller, continuation: continuation)
            return (state.nextID, former)
        }
        former?.continuation.finish()
        guard let id else { return nil }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return Subscription(changes: changes)
    }

    /// Wakes all subscriptions.
    func notify() {
        state.withLock { state in
            for subscriber in state.subscribers.values { subscriber.continuation.yield() }
        }
    }

    /// Ends all subscriptions, because the service shuts down.
    func end() {
        let ended = state.withLock { state in
            state.hasEnded = true
            return Array(state.subscribers.values)
        }
        for subscriber in ended { subscriber.continuation.finish() }
    }

    private func remove(_ id: Int) {
        state.withLock { _ = $0.subscribers.removeValue(forKey: id) }
    }
}
