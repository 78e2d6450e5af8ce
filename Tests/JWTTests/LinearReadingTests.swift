import Testing

@testable import JWT

/// A body of an anonymous request is read before anybody is known, so its size bounds the work.
@Suite(.serialized) struct LinearReadingTests {
    /// What is large about an object: for each, a text whose size grows with `count`.
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

    /// How long it takes to read an object both ways, its strings alone and all of it.
    private func time(_ object: [UInt8]) throws -> Duration {
        let start = ContinuousClock.now
        let members = JSONValue.strings(ofObject: object)
        let value = JSONValue(object: object)
        let time = ContinuousClock.now - start
        try #require(members != nil && value != nil)
        return time
    }

    /// How many times as long it takes to read one object as another, by the shortest time of each. Where the machine does
    /// other things meanwhile, more times are taken before the ratio counts as too large.
    private func ratio(_ one: [UInt8], _ other: [UInt8], below limit: Double) throws -> Double {
        var (shortest, shortestOfOther) = (try time(one), try time(other))
        for round in 1...20 where round < 5 || shortest / shortestOfOther >= limit {
            shortest = min(shortest, try time(one))
            shortestOfOther = min(shortestOfOther, try time(other))
        }
        return shortest / shortestOfOther
    }

    @Test(arguments: Shape.allCases)
    func `an object that is four times as large takes about four times as long`(shape: Shape) throws {
        // A quadratic reading takes sixteen times as long.
        #expect(try ratio(shape.object(8000), shape.object(2000), below: 10) < 10)
    }

    @Test func `what is nested deeply takes as long as what is not`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            let string = String(repeating: "x", count: 200_000)
            let (opening, closing) = (String(repeating: #"{"x":"#, count: depth), String(repeating: "}", count: depth))
            return Array("\(opening)\"\(string)\"\(closing)".utf8)
        }
        // Where each level is read by itself it takes thirty times as long.
        #expect(try ratio(nested(JSONScanner.maximumDepth - 2), nested(2), below: 5) < 5)
    }
}
