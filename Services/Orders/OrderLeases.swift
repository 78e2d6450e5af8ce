import Foundation
import ServiceRuntime
import Synchronization

/// The pending orders whose requests are in progress in this process. While a lease lasts, only the request may change its
/// order.
///
/// The column `lease_until` tells other processes, and the next start, by date. In this process the steady clock decides,
/// so a jump of the system clock does not abandon an order in progress.
final class OrderLeases: Sendable {
    private let clock: SteadyClock
    private let ends = Mutex<[UUID: Duration]>([:])

    /// The lifetime of a lease in seconds. It is longer than the calls of a request can take.
    static let lifetimeSeconds = 6.0
    /// How many seconds another process may have been ahead when it gave a lease, by its clock or because this process has
    /// read the time before it reads the leases.
    static let clockToleranceSeconds = 60.0

    init(clock: SteadyClock) {
        self.clock = clock
    }

    /// The orders whose leases last.
    var held: Set<UUID> {
        let now = clock.now()
        return ends.withLock { Set($0.filter { $0.value > now }.keys) }
    }

    /// Begins the lease of an order.
    func begin(_ order: UUID) {
        ends.withLock { $0[order] = clock.now() + .seconds(Self.lifetimeSeconds) }
    }

    /// Ends the lease of an order.
    func end(_ order: UUID) {
        ends.withLock { _ = $0.removeValue(forKey: order) }
    }
}
