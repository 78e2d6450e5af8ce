public import Foundation
public import ServiceRuntime
import Synchronization

/// A clock that only a test moves.
public final class TestClock: Sendable {
    private struct Time {
        var date: Date
        var steady = Duration.seconds(5000)
    }

    private let time: Mutex<Time>

    /// A clock that shows this time; 1,780,000,000 seconds after 1970, in the year 2026, unless another one is given.
    public init(_ date: Date = Date(timeIntervalSince1970: 1_780_000_000)) {
        time = Mutex(Time(date: date))
    }

    /// The time that the clock shows.
    public var now: Date { time.withLock { $0.date } }

    /// The clock as a parameter of a service.
    public var clock: WallClock {
        WallClock(steady: SteadyClock(bootID: "test") { self.time.withLock { $0.steady } }) { self.now }
    }

    /// Lets time pass.
    public func advance(seconds: TimeInterval) {
        time.withLock { time in
            time.date += seconds
            time.steady += .seconds(seconds)
        }
    }

    /// Sets the date ahead, or back if `seconds` is negative, while no time passes.
    public func step(seconds: TimeInterval) {
        time.withLock { $0.date += seconds }
    }
}
