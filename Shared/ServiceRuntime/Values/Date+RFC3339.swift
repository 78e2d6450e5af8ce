public import Foundation

extension Date {
    /// The date as RFC 3339 text in UTC with milliseconds: `2026-11-21T09:30:00.000Z`. RFC 3339 has the years 0 to 9999; the
    /// nearest of its dates stands for any other.
    public var rfc3339: String {
        let time = min(max(milliseconds, Self.firstMilliseconds), Self.lastMilliseconds) - Self.firstMilliseconds
        let (days, rest) = time.quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Self.calendarDate(days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ number: Int, digits: Int, _ end: Unicode.Scalar) {
            var divisor = [1, 10, 100, 1000][digits - 1]
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: end))
        }
        append(year, digits: 4, "-")
        append(month, digits: 2, "-")
        append(day, digits: 2, "T")
        append(rest / 3_600_000, digits: 2, ":")
        append(rest / 60_000 % 60, digits: 2, ":")
        append(rest / 1000 % 60, digits: 2, ".")
        append(rest % 1000, digits: 3, "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// 0000-03-01, the day after a leap day, and the end of 9999.
    private static let firstMilliseconds = -62_162_035_200_000
    private static let lastMilliseconds = 253_402_300_799_999

    /// The year, month and day of the Gregorian calendar that begin `days` after 0000-03-01.
    ///
    /// If years begin in March, the leap day is the last day of a year, and months have 30.6 days on average.
    private static func calendarDate(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        return (
            era * 400 + yearOfEra + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }
}
