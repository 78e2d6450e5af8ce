public import Foundation

extension Date {
    /// The date as RFC 3339 text in UTC with milliseconds: `2026-11-21T09:30:00.000Z`.
    public var rfc3339: String {
        let (seconds, thousandths) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        return "\(text.dropLast()).\(String(1000 + thousandths).dropFirst())Z"
    }
}
