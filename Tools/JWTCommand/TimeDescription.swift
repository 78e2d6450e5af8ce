import FoundationEssentials
import JWT

/// Dates in words.
enum TimeDescription {
    /// A line such as `expires     2026-11-21T22:16:00Z, 3 minutes ago`.
    static func line(_ label: String, _ date: NumericDate, now: NumericDate) -> String {
        let padded = label + String(repeating: " ", count: max(0, 12 - label.utf8.count))
        return padded + phrase(date, now: now)
    }

    /// A date and its distance, such as `2026-11-21T22:16:00Z, 3 minutes ago`.
    static func phrase(_ date: NumericDate, now: NumericDate) -> String {
        timestamp(date) + ", " + distance(date - now)
    }

    /// RFC 3339 from 15 October 1582, when the Gregorian calendar begins, to the year 9999. Other dates are in seconds.
    private static func timestamp(_ date: NumericDate) -> String {
        guard (-12_219_292_800..<253_402_300_800).contains(date.seconds) else { return "\(date) s" }
        return Date(timeIntervalSince1970: Double(date.seconds)).formatted(.iso8601)
    }

    /// A number of seconds in the largest unit that fits: `in 2 hours`, `3 minutes ago`.
    static func distance(_ seconds: Int64) -> String {
        let units: [(UInt64, String)] = [
            (31_557_600, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"),
        ]
        guard let (size, unit) = units.first(where: { seconds.magnitude >= $0.0 }) else { return "now" }
        let count = seconds.magnitude / size
        let text = "\(count) \(unit)\(count == 1 ? "" : "s")"
        return seconds > 0 ? "in \(text)" : "\(text) ago"
    }
}
