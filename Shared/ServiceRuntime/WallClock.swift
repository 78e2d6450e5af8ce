public import Foundation

/// The time of day, as a parameter: `system` at the edge, a fixed or moving one in tests.
public struct WallClock: Sendable {
    /// The present moment.
    public let now: @Sendable () -> Date

    /// A clock that asks `now` for the present moment.
    public init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// The clock of the machine.
    public static let system = WallClock { Date() }
}

extension Date {
    /// This moment as RFC 3339 text in UTC with milliseconds: `2026-11-21T09:30:00.000Z`.
    public var rfc3339: String {
        let (seconds, thousandths) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return "\(text.dropLast()).\(String(1000 + thousandths).dropFirst())Z"
    }

    /// This moment in whole milliseconds since 1970, as the stores keep it; the greatest number for what lies beyond.
    public var milliseconds: Int {
        let milliseconds = (timeIntervalSince1970 * 1000).rounded()
        return Int(exactly: milliseconds) ?? (milliseconds < 0 ? .min : .max)
    }

    /// The moment that lies `milliseconds` after 1970.
    public init(milliseconds: Int) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
