import Foundation

/// A source of time for durations, which no change of the system clock affects. It is the system's clock in a service, and
/// a clock that tests move in tests.
///
/// The time counts from the start of the machine and includes the time in which the machine was suspended
/// (`CLOCK_BOOTTIME` of Linux). A date comes from `WallClock`.
public struct SteadyClock: Sendable {
    /// The name of the machine's current run. Times of different runs cannot be compared.
    public let bootID: String
    /// Returns the time since the start of the machine.
    public let now: @Sendable () -> Duration

    /// Creates a clock that calls `now` for the current time.
    public init(bootID: String, now: @escaping @Sendable () -> Duration) {
        self.bootID = bootID
        self.now = now
    }

    /// The clock of the machine. Where the system does not name its run, each process has another `bootID`.
    public static let system = {
        let clock = ContinuousClock()
        let bootID = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return SteadyClock(bootID: bootID?.trimmingCharacters(in: .newlines) ?? UUID().lowercase) {
            clock.systemEpoch.duration(to: clock.now)
        }
    }()
}

extension Duration {
    /// The duration in seconds.
    public var inSeconds: Double { self / .seconds(1) }
}
