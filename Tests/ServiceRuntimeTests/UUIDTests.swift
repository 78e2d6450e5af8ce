import Database
import Foundation
import ServiceRuntime
import Testing

@Suite struct UUIDTests {
    @Test func `a UUID of version 7 has the bits of RFC 9562`() {
        var random = FixedBits()
        let id = UUID.version7(at: Date(milliseconds: 0x0123_4567_89AB), using: &random)
        #expect(id.lowercase.hasPrefix("01234567-89ab-7"))
        #expect("89ab".contains(Array(id.lowercase)[19]))
    }

    @Test func `a UUID of version 7 has 74 random bits`() {
        let date = Date(milliseconds: 1_700_000_000_000)
        let digits = (0..<1000).map { _ in
            UUID.version7(at: date).lowercase.utf8.compactMap(\.hexDigitValue)
        }
        let ones = digits.reduce([UInt8](repeating: 0, count: 32)) { zip($0, $1).map { $0 | $1 } }
        let zeros = digits.reduce([UInt8](repeating: 0xF, count: 32)) { zip($0, $1).map { $0 & $1 } }
        let changing = zip(ones, zeros).map { ($0 ^ $1).nonzeroBitCount }.reduce(0, +)
        #expect(changing == 74)
    }

    @Test func `UUIDs of different milliseconds sort by time`() {
        let ids = (0..<100).map { UUID.version7(at: Date(milliseconds: 1_700_000_000_000 + $0)).lowercase }
        #expect(ids == ids.sorted())
    }

    @Test func `a time before 1970 counts as 1970`() {
        #expect(UUID.version7(at: Date(milliseconds: -1)).lowercase.hasPrefix("00000000-0000-7"))
    }

    @Test func `the lower-case spelling of a UUID is accepted`() throws {
        let text = "0198f2b4-7a6c-7c3e-8d5f-0123456789ab"
        #expect(try #require(UUID(lowercase: text)).lowercase == text)
        #expect(UUID(lowercase: "id=\(text)".dropFirst(3)) == UUID(uuidString: text))
    }

    @Test(arguments: [
        "0198f2b4-7a6c-7c3e-8d5f-0123456789ab", "0198F2B4-7A6C-7C3E-8D5F-0123456789AB",
        "0198f2B4-7a6c-7C3e-8d5F-0123456789aB",
    ])
    func `a client may send the digits of a UUID in any case`(text: String) {
        #expect(UUID(text: text)?.lowercase == "0198f2b4-7a6c-7c3e-8d5f-0123456789ab")
    }

    @Test(arguments: ["", "7", "{0198F2B4-7A6C-7C3E-8D5F-0123456789AB}", "0198F2B4-7A6C-7C3E-8D5F-0123456789AG"])
    func `a client may send no other text as a UUID`(text: String) {
        #expect(UUID(text: text) == nil)
    }

    @Test(arguments: [
        "0198F2B4-0000-7000-8000-000000000000", "0198f2b4-0000-7000-8000-00000000000A",
        "0198f2b400007000800000000000000", "0198f2b4-0000-7000-8000-0000000000000",
        "{0198f2b4-0000-7000-8000-000000000000}", "0198f2b4-0000-7000-8000-00000000000g",
        " 0198f2b4-0000-7000-8000-000000000000", "0198f2b4-0000-7000-8000-000000000000\n", "",
    ])
    func `no other spelling is taken for the stored one`(text: String) {
        #expect(UUID(lowercase: text) == nil)
    }

    @Test func `a UUID is stored in lower case and read in no other spelling`() async throws {
        let id = try #require(UUID(uuidString: "0190F8B2-7A6C-7C3E-8D5F-0123456789AB"))
        let database = try SQLDatabase.open(.inMemory, migrations: [])
        let first = try await database.read { try $0.queryOne("SELECT $1 AS id, upper($1) AS upper, 1 AS one", id) }
        let row = try #require(first)
        #expect(try row["id"] == "0190f8b2-7a6c-7c3e-8d5f-0123456789ab")
        #expect(try row["id"] == id)
        #expect(throws: DatabaseError.self) { let _: UUID = try row["upper"] }
        #expect(throws: DatabaseError.self) { let _: UUID = try row["one"] }
    }

    private struct FixedBits: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0x5555_5555_5555_5555 }
    }
}
