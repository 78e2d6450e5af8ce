import Database
import Foundation
import Testing

@testable import ServiceRuntime

@Suite struct DateTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (999, "1970-01-01T00:00:00.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_763_761_234_567, "2025-11-21T21:40:34.567Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-03-01T00:00:00.000Z"),
    ])
    func `a date is written as RFC 3339 in UTC with milliseconds`(milliseconds: Int, text: String) {
        #expect(Date(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test func `a date is written as Foundation writes it, in every year`() {
        // Earlier dates of Foundation are Julian. The steps of 1009 days and some hours reach all months, days and hours.
        for seconds in stride(from: -12_219_292_800, to: 253_402_300_800, by: 1009 * 86_400 + 12_345) {
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(date.rfc3339 == date.formatted(.iso8601).dropLast() + ".000Z")
        }
    }

    @Test(arguments: [
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_763_761_234_567, "Fri, 21 Nov 2025 21:40:34 GMT"), (253_402_300_799_999, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `a date is written as in header fields`(milliseconds: Int, text: String) {
        #expect(Date(milliseconds: milliseconds).imfFixdate == text)
    }

    @Test(arguments: [0, 1, -1, 1_763_761_234_567, 253_402_300_799_999])
    func `a number of milliseconds survives its conversion to a date`(milliseconds: Int) {
        #expect(Date(milliseconds: milliseconds).milliseconds == milliseconds)
    }

    @Test(arguments: [(1.0004, 1000), (1.0006, 1001), (-1.0006, -1001), (9e18, Int.max), (-9e18, Int.min)])
    func `milliseconds are rounded and limited to the range of integers`(seconds: TimeInterval, milliseconds: Int) {
        #expect(Date(timeIntervalSince1970: seconds).milliseconds == milliseconds)
    }

    @Test func `a date is stored as whole milliseconds and read from an integer only`() async throws {
        let date = Date(milliseconds: 1_763_761_234_567)
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let first = try await database.read {
            try $0.queryOne(
                "SELECT $1 AS date, $2 AS rounded, $3 AS none, 'x' AS text", date, date.addingTimeInterval(0.0004),
                Date?.none)
        }
        let row = try #require(first)
        #expect(try row["date"] == 1_763_761_234_567)
        #expect(try row["date"] == date)
        #expect(try row["rounded"] == date)
        #expect(try row["none"] == Date?.none)
        #expect(throws: DatabaseError.self) { let _: Date = try row["text"] }
    }

    @Test func `a clock returns the date of its closure`() {
        let date = Date(milliseconds: 1_763_761_234_567)
        #expect(WallClock { date }.now() == date)
    }
}
