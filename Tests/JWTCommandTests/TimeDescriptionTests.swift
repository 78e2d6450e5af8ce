import JWT
import Testing

@testable import JWTCommand

@Suite struct TimeDescriptionTests {
    @Test(arguments: [
        (0, "now"), (1, "in 1 second"), (-1, "1 second ago"), (59, "in 59 seconds"), (-60, "1 minute ago"),
        (119, "in 1 minute"), (120, "in 2 minutes"), (3599, "in 59 minutes"), (-3600, "1 hour ago"),
        (86_399, "in 23 hours"), (86_400, "in 1 day"), (-31_557_599, "365 days ago"), (31_557_600, "in 1 year"),
        (Int64.max, "in 292271023045 years"), (Int64.min, "292271023045 years ago"),
    ])
    func `a distance is given in the largest unit that fits`(seconds: Int64, words: String) {
        #expect(TimeDescription.distance(seconds) == words)
    }

    @Test func `a line has a label, the date and the distance`() {
        let line = TimeDescription.line("expires", 1_500_000_000, now: 1_500_000_180)
        #expect(line == "expires     2017-07-14T02:40:00Z, 3 minutes ago")
    }

    @Test(arguments: [NumericDate(seconds: .min), NumericDate(seconds: .max)])
    func `a date that has no calendar date is given in seconds`(date: NumericDate) {
        #expect(TimeDescription.line("issued", date, now: 0).hasPrefix("issued      \(date.seconds) s, "))
    }
}
