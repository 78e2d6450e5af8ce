// Values: small types and extensions that any code may use, without knowledge of HTTP or of services.

public import Foundation

/// A source of the current time: the system clock in a service, a fixed or moving clock in tests.
public struct WallClock: Sendable {
    /// Returns the current time.
    public let now: @Sendable () -> Date

    /// Creates a clock that calls `now` for the current time.
    public init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// The clock of the machine.
    public static let system = WallClock { Date() }
}
