import Foundation

extension Date {
    /// The date as in header fields (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. It has the years 0 to 9999; the nearest
    /// of its dates stands for any other.
    var imfFixdate: String {
        // The text of RFC 3339 has the same numbers, each at one position.
        let text = rfc3339
        let month = Int(text.dropFirst(5).prefix(2)) ?? 1
        let daysSince1970 = Int((timeIntervalSince1970 / 86_400).rounded(.down))
        // 1970-01-01 was a Thursday.
        let weekday = ((daysSince1970 + 4) % 7 + 7) % 7
        return "\(Self.weekdays[weekday]), \(text.dropFirst(8).prefix(2)) \(Self.months[month - 1]) \(text.prefix(4)) "
            + "\(text.dropFirst(11).prefix(8)) GMT"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
}
