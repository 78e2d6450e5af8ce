import Testing

@testable import JWT

/// The time that reading JSON takes. A service reads the body of a request before it knows the caller, so the time must be
/// linear in the size of the body.
@Suite(.serialized) struct LinearReadingTests {
    /// A part of an object that grows with `count`.
    enum Shape: String, CaseIterable {
        case members, escapedNames, longEscapedNames, nestedMembers

        func object(_ count: Int) -> [UInt8] {
            let list = 0..<count
            let text =
                switch self {
                case .members: list.map { #""name\#($0)":"x""# }.joined(separator: ",")
                case .escapedNames: list.map { #""nam\u0065\#($0)":"x""# }.joined(separator: ",")
                case .longEscapedNames:
                    ((0..<8).map { #""\#($0)\#(String(repeating: #"\n"#, count: count / 8))":0"# }
                        + list.map { #""\u00e9\#($0)":0"# }).joined(separator: ",")
                case .nestedMembers: #""x":{\#(list.map { #""name\#($0)":"x""# }.joined(separator: ","))}"#
                }
            return Array("{\(text)}".utf8)
        }
    }

    /// The time to read an object in both ways: only its strings, and all of it.
    private func time(_ object: [UInt8]) throws -> Duration {
        let start = ContinuousClock.now
        let members = JSONValue.strings(ofObject: object)
        let value = JSONValue(object: object)
        let time = ContinuousClock.now - start
        try #require(members != nil && value != nil)
        return time
    }

    /// The ratio of the shortest times to read two objects. While the ratio is too large, more times are taken, because the
    /// machine may be busy with other work.
    private func ratio(_ one: [UInt8], _ other: [UInt8], below limit: Double) throws -> Double {
        var (shortest, shortestOfOther) = (try time(one), try time(other))
        for round in 1...20 where round < 5 || shortest / shortestOfOther >= limit {
            shortest = min(shortest, try time(one))
            shortestOfOther = min(shortestOfOther, try time(other))
        }
        return shortest / shortestOfOther
    }

    @Test(arguments: Shape.allCases)
    func `the time to read an object grows linearly with its size`(shape: Shape) throws {
        // Quadratic reading would take sixteen times as long.
        #expect(try ratio(shape.object(8000), shape.object(2000), below: 10) < 10)
    }

    @Test func `the time to read a string does not depend on its depth`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            let string = String(repeating: "x", count: 200_000)
            let (opening, closing) = (String(repeating: #"{"x":"#, count: depth), String(repeating: "}", count: depth))
            return Array("\(opening)\"\(string)\"\(closing)".utf8)
        }
        // Reading each level on its own would take thirty times as long.
        #expect(try ratio(nested(JSONScanner.maximumDepth - 2), nested(2), below: 5) < 5)
    }
}
