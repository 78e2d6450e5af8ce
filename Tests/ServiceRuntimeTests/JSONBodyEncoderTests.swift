import Foundation
import Testing

@testable import ServiceRuntime

@Suite struct JSONBodyEncoderTests {
    @Test(arguments: [
        "", "plain", "a \"quoted\" text", "back\\slash / slash", "tab\tline\nreturn\r\u{8}\u{c}",
        "\u{0}\u{1}\u{1f}\u{7f}",
        "Grüße, 世界, 👩‍👩‍👧", "\u{2028}", "e\u{301}",
    ])
    func `a text is encoded as JSONEncoder encodes it`(text: String) throws {
        try expectSameBytes(text)
        try expectSameBytes([text: text])
    }

    @Test func `numbers and booleans are encoded as JSONEncoder encodes them`() throws {
        try expectSameBytes([0, 1, -1, .max, .min])
        try expectSameBytes([UInt64.max])
        try expectSameBytes([Int8.min, 0, .max])
        try expectSameBytes([0.5, -2, 1e-7, 123_456.789, 1e16, 1e300, -0.0, .leastNonzeroMagnitude])
        try expectSameBytes([Float(0.1), 0.5, 3, 1e20])
        try expectSameBytes(["double": 0.1])
        try expectSameBytes(["float": Float(0.1)])
        try expectSameBytes(["byte": UInt8(7)])
        try expectSameBytes(1)
        try expectSameBytes(true)
        try expectSameBytes([true, false])
    }

    @Test func `members are sorted at every depth`() throws {
        struct Outer: Encodable {
            struct Inner: Encodable { let zeta, alpha: Int? }
            let zeta: [Inner]
            let alpha: Inner
            let middle: [String: [Int]]
            let absent: String?
        }
        try expectSameBytes(
            Outer(
                zeta: [.init(zeta: 1, alpha: 2), .init(zeta: nil, alpha: nil)], alpha: .init(zeta: 3, alpha: nil),
                middle: ["b": [], "a": [1, 2], "c": [3]], absent: nil))
    }

    @Test func `the last of several members with one name remains`() throws {
        struct Repeated: Encodable {
            enum Key: CodingKey { case name, other }

            func encode(to encoder: any Encoder) throws {
                var members = encoder.container(keyedBy: Key.self)
                try members.encode("first", forKey: .name)
                try members.encode(1, forKey: .other)
                try members.encode("last", forKey: .name)
            }
        }
        try expectSameBytes(Repeated())
    }

    @Test func `a value that encodes nothing is an empty object`() throws {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        try expectSameBytes(["a": Nothing(), "b": Nothing()])
        try expectSameBytes([Nothing()])
    }

    @Test func `an array may contain null and arrays`() throws {
        try expectSameBytes([[1, nil], [], nil] as [[Int?]?])
    }

    @Test func `containers inside containers and inherited members are encoded`() throws {
        struct Nested: Encodable {
            enum Key: CodingKey { case object, array, inherited, last }

            func encode(to encoder: any Encoder) throws {
                var members = encoder.container(keyedBy: Key.self)
                var object = members.nestedContainer(keyedBy: Key.self, forKey: .object)
                try object.encode(1, forKey: .last)
                try object.encodeNil(forKey: .array)
                var array = members.nestedUnkeyedContainer(forKey: .array)
                try array.encode("a")
                var inner = array.nestedContainer(keyedBy: Key.self)
                try inner.encode(2, forKey: .last)
                var innerArray = array.nestedUnkeyedContainer()
                try innerArray.encode(3)
                try ["b"].encode(to: array.superEncoder())
                try ["key": 4].encode(to: members.superEncoder(forKey: .inherited))
                try 5.encode(to: members.superEncoder())
                try members.encode(true, forKey: .last)
            }
        }
        try expectSameBytes(Nested())
    }

    @Test func `a number that JSON does not have is an error`() {
        #expect(throws: EncodingError.self) { try JSONBodyEncoder.bytes(of: [Double.nan]) }
    }

    private func expectSameBytes(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let expected = String(decoding: try encoder.encode(value), as: UTF8.self)
        let found = String(decoding: try JSONBodyEncoder.bytes(of: value), as: UTF8.self)
        #expect(found == expected)
    }
}
