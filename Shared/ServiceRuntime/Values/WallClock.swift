// Values: small types and extensions that any code may use, without knowledge of HTTP or of services.

public import Foundation

/// A source of the current time: the system clock in a service, a fixed or moving clock in tests.
///
/// The system clock may jump ahead or back, when it is corrected or set. Measure durations with `steady`.
public struct WallClock: Sendable {
    /// Returns the current time.
    public let now: @Sendable () -> Date
    /// The source of time for durations.
    public let steady: SteadyClock

    /// Creates a clock that calls `now` for the current time.
    public init(steady: SteadyClock = .system, now: @escaping @Sendable () -> Date) {
        self.now = now
        self.steady = steady
    }

    /// The clock of the machine.
    public static let system = WallClock { Date() }

    /// How far ahead a wrong clock may be without harm to stored records, in seconds. A record that expires by date is
    /// deleted this much later, because tokens become valid again when the clock is set back.
    public static let maximumErrorSeconds: Int64 = 86_400
}
