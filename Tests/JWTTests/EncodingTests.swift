import Testing

@testable import JWT

/// The compact serialization, byte by byte (RFC 7515 sections 2, 5.2 and 7.1, RFC 4648 sections 3.5 and 5).
@Suite struct EncodingTests {
    private static let control = TestToken.make(payload: #"{"sub":"abc"}"#)

    @Test func `the unchanged token of this suite is accepted`() throws {
        #expect(try rejection(of: Self.control) == nil)
    }

    @Test(arguments: [
        "=", "==", " ", "\n", "\r\n", "\t", "\u{0}", "\u{FEFF}", "\u{E9}", "\u{2060}", "%3D", "+", "/", "?", ",", "~",
        "\u{301}",
    ])
    func `a character outside of the alphabet is rejected at every position`(extra: String) throws {
        let control = Self.control
        let periods = control.indices.filter { control[$0] == "." }
        let positions =
            [control.startIndex, control.index(after: control.startIndex), control.endIndex]
            + periods.flatMap { [$0, control.index(after: $0)] }
        for position in positions {
            var changed = String(control[..<position])
            changed.unicodeScalars.append(contentsOf: extra.unicodeScalars)
            changed.unicodeScalars.append(contentsOf: control[position...].unicodeScalars)
            #expect(try rejection(of: changed) == .malformed)
        }
    }

    @Test(arguments: ["=", " ", "\n", "+", "/", "\u{0}", "\u{E9}", "%3D", "=="])
    func `a character outside of the alphabet is rejected even if the signature covers it`(extra: String) throws {
        let (header, payload) = (
            TestToken.segment(TestToken.plainHeader.utf8), TestToken.segment(#"{"sub":"abcd"}"#.utf8)
        )
        #expect(try rejection(of: TestToken.sign(header + extra + "." + payload)) == .malformed)
        #expect(try rejection(of: TestToken.sign(header + "." + payload + extra)) == .malformed)
        #expect(try rejection(of: TestToken.sign(header + "." + extra + payload)) == .malformed)
    }

    @Test func `a payload in the standard base64 alphabet is rejected`() throws {
        // The encoded payload contains - or _.
        let payload = TestToken.segment(#"{"sub":"~~~???>>>"}"#.utf8)
        #expect(payload.contains("-") || payload.contains("_"))
        let standard = payload.replacing("-", with: "+").replacing("_", with: "/")
        let header = TestToken.segment(TestToken.plainHeader.utf8)
        #expect(try rejection(of: TestToken.sign(header + "." + payload)) == nil)
        #expect(try rejection(of: TestToken.sign(header + "." + standard)) == .malformed)
    }

    @Test func `a part with bits set after its last byte is rejected`() throws {
        let header = TestToken.segment(TestToken.plainHeader.utf8)  // 27 bytes: no unused bits
        let spaced = TestToken.segment((TestToken.plainHeader + " ").utf8)  // 28 bytes: four unused bits
        let payload = TestToken.segment("{ } ".utf8)
        #expect(try rejection(of: TestToken.sign(spaced + "." + payload)) == nil)
        #expect(try rejection(of: TestToken.sign(Self.nextCharacter(spaced) + "." + payload)) == .malformed)
        #expect(try rejection(of: TestToken.sign(header + "." + Self.nextCharacter(payload))) == .malformed)
        #expect(try rejection(of: Self.nextCharacter(Self.control)) == .malformed)
    }

    @Test func `a part with one extra character is rejected`() throws {
        let (header, payload) = (TestToken.segment(TestToken.plainHeader.utf8), TestToken.segment("{}".utf8))
        #expect(try rejection(of: TestToken.sign(header + "A." + payload)) == .malformed)
        #expect(try rejection(of: TestToken.sign(header + "." + payload + "AA")) == .malformed)
        #expect(try rejection(of: Self.control + "AA") == .malformed)
        #expect(try rejection(of: header + "." + payload + ".A") == .malformed)
    }

    @Test(arguments: [0, 1, 3, 4, 5, 10_000])
    func `a token with another number of periods than two is rejected`(count: Int) throws {
        #expect(try rejection(of: String(repeating: ".", count: count)) == .malformed)
        #expect(
            try rejection(of: Self.control.replacing(".", with: "") + String(repeating: ".", count: count))
                == .malformed)
        #expect(try rejection(of: Self.control + String(repeating: ".", count: max(count, 1))) == .malformed)
    }

    @Test(arguments: ["..", "a..", ".a.", "..a", ".a.a", "a..a", " . . "])
    func `a token with an empty part is rejected`(token: String) throws {
        #expect(try rejection(of: token) == .malformed)
    }

    @Test func `a token with an empty payload is rejected`() throws {
        for header in [TestToken.plainHeader, #"{"x":1,"alg":"HS256"}"#] {
            let input = TestToken.segment(header.utf8) + "."
            #expect(try rejection(of: TestToken.sign(input)) == .malformed)
            #expect(try rejection(of: input + ".AA") == .malformed)
        }
    }

    @Test func `a token in one of the JSON serializations is rejected`() throws {
        let parts = Self.control.split(separator: ".")
        let flat = #"{"payload":"\#(parts[1])","protected":"\#(parts[0])","signature":"\#(parts[2])"}"#
        #expect(try rejection(of: flat) == .malformed)
        #expect(try rejection(of: #"{"a":".","b":"."}"#) == .malformed)
        #expect(
            try rejection(
                of:
                    #"{"payload":"\#(parts[1])","signatures":[{"protected":"\#(parts[0])","signature":"\#(parts[2])"}]}"#
            ) == .malformed)
    }

    @Test func `a signature that differs in length or in one bit is rejected`() throws {
        let input = Self.control.split(separator: ".").dropLast().joined(separator: ".")
        let right = TestToken.code(input)
        let wrong: [[UInt8]] = [
            [], [0], Array(right.dropLast()), Array(right.dropFirst()), right + [0], right + right,
            Array(right.prefix(16)),
            Array(repeating: 0, count: 32), Array(right.reversed()), TestToken.code(input + "."),
            TestToken.code(input, .hs512),
        ]
        for signature in wrong {
            #expect(try rejection(of: input + "." + TestToken.segment(signature)) == .signature)
        }
        for bit in 0..<256 {
            var changed = right
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try rejection(of: input + "." + TestToken.segment(changed)) == .signature)
        }
    }

    @Test func `a token with any one bit changed is rejected`() throws {
        let control = Array(Self.control.utf8)
        for index in control.indices {
            for flip in [UInt8(1), 2, 4, 8, 16, 32, 64] {
                var changed = control
                changed[index] ^= flip
                let code = try rejection(of: String(decoding: changed, as: UTF8.self))
                #expect(code != nil, "byte \(index), flipped \(flip)")
            }
        }
    }

    @Test func `a token that is cut short at any length is rejected`() throws {
        for count in 0..<Self.control.utf8.count {
            #expect(try rejection(of: String(Self.control.prefix(count))) != nil)
        }
    }

    @Test func `a token that is larger than the policy allows is rejected`() throws {
        var policy = Policy.bare
        let size = Self.control.utf8.count
        policy.maximumTokenBytes = size
        #expect(try rejection(of: Self.control, policy: policy) == nil)
        policy.maximumTokenBytes = size - 1
        #expect(try rejection(of: Self.control, policy: policy) == .limit)
        #expect(try rejection(of: String(repeating: "A", count: 10_000_000)) == .limit)
    }

    /// The text with its last character replaced by the next one of the alphabet. That changes only the unused bits.
    private static func nextCharacter(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = alphabet.firstIndex(of: text.last ?? "A") ?? 0
        return text.dropLast() + String(alphabet[last + 1])
    }
}
