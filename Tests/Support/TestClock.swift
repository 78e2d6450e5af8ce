public import Foundation
public import ServiceRuntime
import Synchronization

/// A clock that only a test moves.
public final class TestClock: Sendable {
    private let current: Mutex<Date>

    /// A clock that shows this time; 1,780,000,000 seconds after 1970, in the year 2026, unless another one is given.
    public init(_ date: Date = Date(timeIntervalSince1970: 1_780_000_000)) {
        current = Mutex(date)
    }

    /// The time that the clock shows.
    public var now: Date { current.withLock { $0 } }

    /// The clock as a parameter of a service.
    public var clock: WallClock { WallClock { self.now } }

    /// Moves the clock forward, or back if `seconds` is negative.
    public func advance(seconds: TimeInterval) {
        current.withLock { $0 += seconds }
    }
}
