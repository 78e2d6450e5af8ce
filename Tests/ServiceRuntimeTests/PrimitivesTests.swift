import Database
import Foundation
import Metrics
import ServiceRuntime
import Testing

@Suite struct UUIDVersion7Tests {
    @Test func `the bits are those of RFC 9562`() {
        var random = FixedBits()
        let id = UUID.version7(at: Date(milliseconds: 0x0123_4567_89AB), using: &random)
        #expect(id.lowercase.hasPrefix("01234567-89ab-7"))
        #expect("89ab".contains(Array(id.lowercase)[19]))
    }

    @Test func `identifiers sort by their time`() {
        let ids = (0..<100).map { UUID.version7(at: Date(milliseconds: 1_700_000_000_000 + $0)).lowercase }
        #expect(ids == ids.sorted())
    }

    @Test(arguments: [
        "0198F2B4-0000-7000-8000-000000000000", "0198f2b400007000800000000000000", "",
        "{0198f2b4-0000-7000-8000-000000000000}",
        "0198f2b4-0000-7000-8000-00000000000g",
    ])
    func `other spellings are refused`(text: String) {
        #expect(UUID(lowercase: text) == nil)
    }

    @Test func `an identifier is stored in lower case and read in no other spelling`() async throws {
        let id = try #require(UUID(uuidString: "0190F8B2-7A6C-7C3E-8D5F-0123456789AB"))
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let row = try await database.read { try $0.queryOne("SELECT $1 AS id, upper($1) AS upper", id) }
        let stored = try #require(row)
        #expect(try stored["id"] == "0190f8b2-7a6c-7c3e-8d5f-0123456789ab")
        #expect(try stored["id"] == id)
        #expect(throws: DatabaseError.self) { let _: UUID = try stored["upper"] }
    }

    private struct FixedBits: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0x5555_5555_5555_5555 }
    }
}

@Suite struct TimeTests {
    @Test func `times are written as RFC 3339 in UTC`() {
        #expect(Date(milliseconds: 1_763_761_234_567).rfc3339 == "2025-11-21T21:40:34.567Z")
        #expect(Date(milliseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
    }

    @Test(arguments: [0, 1, 1_763_761_234_567, 253_402_300_799_999])
    func `milliseconds survive the way through a date`(milliseconds: Int) {
        #expect(Date(milliseconds: milliseconds).milliseconds == milliseconds)
    }

    @Test func `a date is stored as whole milliseconds and read back from an integer only`() async throws {
        let date = Date(milliseconds: 1_763_761_234_567)
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let first = try await database.read {
            try $0.queryOne("SELECT $1 AS date, $2 AS rounded, 'x' AS text", date, date.addingTimeInterval(0.0004))
        }
        let row = try #require(first)
        #expect(try row["date"] == 1_763_761_234_567)
        #expect(try row["date"] == date)
        #expect(try row["rounded"] == date)
        #expect(throws: DatabaseError.self) { let _: Date = try row["text"] }
    }

    @Test func `a time that no integer can tell is the greatest that one can`() {
        #expect(Date(timeIntervalSince1970: 9e18).milliseconds == .max)
        #expect(Date(timeIntervalSince1970: -9e18).milliseconds == .min)
    }
}

@Suite struct PrometheusRegistryTests {
    @Test func `counters, gauges and histograms are written in the text format`() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "a.b", dimensions: [("x", "say \"hi\"\n")]).increment(by: 2)
        registry.makeCounter(label: "a.b", dimensions: [("x", "say \"hi\"\n")]).increment(by: 1)
        registry.makeMeter(label: "age", dimensions: []).set(1.5)
        registry.makeTimer(label: "took", dimensions: []).recordNanoseconds(3_000_000)
        let text = registry.text
        #expect(text.contains("# TYPE a_b_total counter\na_b_total{x=\"say \\\"hi\\\"\\n\"} 3.0\n"))
        #expect(text.contains("# TYPE age gauge\nage 1.5\n"))
        #expect(text.contains("took_seconds_bucket{le=\"0.0025\"} 0\n"))
        #expect(text.contains("took_seconds_bucket{le=\"0.005\"} 1\n"))
        #expect(text.contains("took_seconds_bucket{le=\"+Inf\"} 1\n"))
        #expect(text.contains("took_seconds_count 1\n"))
    }
}
