import Metrics
import NIOCore
import Synchronization

/// Counts the open connections, all and of each network, and refuses those above the limits.
///
/// A connection counts until it is closed and its last handler has ended.
final class ConnectionRegister: Sendable {
    /// The connection was not admitted.
    struct Refused: Error {}

    private struct Entry {
        let network: String
        let eventLoop: any EventLoop
        let connection: NIOLoopBound<ConnectionGuard>
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var ofNetwork: [String: Int] = [:]
        /// The task that waits until no connection is left.
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let limits: ConnectionLimits
    private let state = Mutex(State())
    private let open = Gauge(label: "http_connections")

    init(limits: ConnectionLimits) {
        self.limits = limits
        ClosingReason.createCounters()
    }

    /// Admits a connection. Call this on the event loop of the channel.
    ///
    /// - Throws: `Refused` when too many connections are open, in all or from its network.
    func admit(_ connection: ConnectionGuard, on channel: any Channel) throws(Refused) {
        let network = NetworkAddress.network(of: channel.remoteAddress?.ipAddress)
        let entry = Entry(
            network: network, eventLoop: channel.eventLoop,
            connection: NIOLoopBound(connection, eventLoop: channel.eventLoop))
        let isAdmitted = state.withLock { state in
            guard state.entries.count < limits.maximumConnections,
                state.ofNetwork[network, default: 0] < limits.maximumConnectionsPerNetwork
            else { return false }
            state.entries[ObjectIdentifier(connection)] = entry
            state.ofNetwork[network, default: 0] += 1
            open.record(state.entries.count)
            return true
        }
        guard isAdmitted else {
            ClosingReason.tooManyConnections.count()
            channel.close(promise: nil)
            throw Refused()
        }
        channel.closeFuture.assumeIsolated().whenComplete { _ in connection.closed() }
    }

    func remove(_ connection: ConnectionGuard) {
        let waiting: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: ObjectIdentifier(connection)) else { return nil }
            let rest = state.ofNetwork[entry.network, default: 1] - 1
            state.ofNetwork[entry.network] = rest > 0 ? rest : nil
            open.record(state.entries.count)
            return state.entries.isEmpty ? state.waiting.take() : nil
        }
        waiting?.resume()
    }

    /// Waits until no connection is left. Returns at once if another task waits. A task that is cancelled cancels the
    /// handlers of all connections.
    func waitUntilEmpty() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !state.entries.isEmpty, state.waiting == nil else { return false }
                    state.waiting = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            for entry in state.withLock({ Array($0.entries.values) }) {
                entry.eventLoop.execute { entry.connection.value.cancel() }
            }
        }
    }
}
