import Metrics
import NIOCore
import Synchronization

/// Counts the open connections, all and of each network, and refuses those above the limits.
final class ConnectionRegister: Sendable {
    /// The connection was not admitted.
    struct Refused: Error {}

    private struct State {
        var total = 0
        var ofNetwork: [String: Int] = [:]
    }

    private let limits: ConnectionLimits
    private let state = Mutex(State())
    private let open = Gauge(label: "http_connections")

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    /// Admits a connection and counts it until it is closed.
    ///
    /// - Throws: `Refused` when too many connections are open, in all or from its network.
    func admit(_ channel: any Channel) throws(Refused) {
        let network = NetworkAddress.network(of: channel.remoteAddress?.ipAddress)
        let isAdmitted = state.withLock { state in
            guard state.total < limits.maximumConnections,
                state.ofNetwork[network, default: 0] < limits.maximumConnectionsPerNetwork
            else { return false }
            state.total += 1
            state.ofNetwork[network, default: 0] += 1
            open.record(state.total)
            return true
        }
        guard isAdmitted else {
            ClosingReason.tooManyConnections.count()
            channel.close(promise: nil)
            throw Refused()
        }
        channel.closeFuture.whenComplete { _ in self.remove(network) }
    }

    private func remove(_ network: String) {
        state.withLock { state in
            state.total -= 1
            let rest = state.ofNetwork[network, default: 1] - 1
            state.ofNetwork[network] = rest > 0 ? rest : nil
            open.record(state.total)
        }
    }
}
