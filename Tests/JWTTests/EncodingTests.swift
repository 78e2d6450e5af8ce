import Testing

@testable import JWT

/// The compact serialization, byte by byte (RFC 7515 sections 2, 5.2 and 7.1, RFC 4648 sections 3.5 and 5).
@Suite struct EncodingTests {
    private static let control = Forge.token(payload: #"{"sub":"abc"}"#)

    @Test func `the token that is changed below is accepted as it is`() throws {
        #expect(try refusal(of: Self.control) == nil)
    }

    @Test(arguments: [
        "=", "==", " ", "\n", "\r\n", "\t", "\u{0}", "\u{FEFF}", "\u{E9}", "\u{2060}", "%3D", "+", "/", "?", ",", "~",
        "\u{301}",
    ])
    func `a character outside of the alphabet is refused wherever it stands`(extra: String) throws {
        let control = Self.control
        let periods = control.indices.filter { control[$0] == "." }
        let places =
            [control.startIndex, control.index(after: control.startIndex), control.endIndex]
            + periods.flatMap { [$0, control.index(after: $0)] }
        for place in places {
            var changed = String(control[..<place])
            changed.unicodeScalars.append(contentsOf: extra.unicodeScalars)
            changed.unicodeScalars.append(contentsOf: control[place...].unicodeScalars)
            #expect(try refusal(of: changed) == .malformed)
        }
    }

    @Test(arguments: ["=", " ", "\n", "+", "/", "\u{0}", "\u{E9}", "%3D", "=="])
    func `a character outside of the alphabet is refused also when the signature covers it`(extra: String) throws {
        let (header, payload) = (Forge.segment(Forge.plainHeader.utf8), Forge.segment(#"{"sub":"abcd"}"#.utf8))
        #expect(try refusal(of: Forge.sign(header + extra + "." + payload)) == .malformed)
        #expect(try refusal(of: Forge.sign(header + "." + payload + extra)) == .malformed)
        #expect(try refusal(of: Forge.sign(header + "." + extra + payload)) == .malformed)
    }

    @Test func `the standard alphabet is not this one`() throws {
        // Payloads whose text has - and _ in it.
        let payload = Forge.segment(#"{"sub":"~~~???>>>"}"#.utf8)
        #expect(payload.contains("-") || payload.contains("_"))
        let standard = payload.replacing("-", with: "+").replacing("_", with: "/")
        let header = Forge.segment(Forge.plainHeader.utf8)
        #expect(try refusal(of: Forge.sign(header + "." + payload)) == nil)
        #expect(try refusal(of: Forge.sign(header + "." + standard)) == .malformed)
    }

    @Test func `bits after the last byte are zero in every part`() throws {
        let header = Forge.segment(Forge.plainHeader.utf8)  // 27 bytes: nothing left over
        let spaced = Forge.segment((Forge.plainHeader + " ").utf8)  // 28: four bits
        let payload = Forge.segment("{ } ".utf8)
        #expect(try refusal(of: Forge.sign(spaced + "." + payload)) == nil)
        #expect(try refusal(of: Forge.sign(Self.nextCharacter(spaced) + "." + payload)) == .malformed)
        #expect(try refusal(of: Forge.sign(header + "." + Self.nextCharacter(payload))) == .malformed)
        #expect(try refusal(of: Self.nextCharacter(Self.control)) == .malformed)
    }

    @Test func `a part with one character over is refused`() throws {
        let (header, payload) = (Forge.segment(Forge.plainHeader.utf8), Forge.segment("{}".utf8))
        #expect(try refusal(of: Forge.sign(header + "A." + payload)) == .malformed)
        #expect(try refusal(of: Forge.sign(header + "." + payload + "AA")) == .malformed)
        #expect(try refusal(of: Self.control + "AA") == .malformed)
        #expect(try refusal(of: header + "." + payload + ".A") == .malformed)
    }

    @Test(arguments: [0, 1, 3, 4, 5, 10_000])
    func `a token has two periods`(count: Int) throws {
        #expect(try refusal(of: String(repeating: ".", count: count)) == .malformed)
        #expect(
            try refusal(of: Self.control.replacing(".", with: "") + String(repeating: ".", count: count)) == .malformed)
        #expect(try refusal(of: Self.control + String(repeating: ".", count: max(count, 1))) == .malformed)
    }

    @Test(arguments: ["..", "a..", ".a.", "..a", ".a.a", "a..a", " . . "])
    func `an empty part is refused`(token: String) throws {
        #expect(try refusal(of: token) == .malformed)
    }

    @Test func `a payload that is left out is refused`() throws {
        for header in [Forge.plainHeader, #"{"x":1,"alg":"HS256"}"#] {
            let input = Forge.segment(header.utf8) + "."
            #expect(try refusal(of: Forge.sign(input)) == .malformed)
            #expect(try refusal(of: input + ".AA") == .malformed)
        }
    }

    @Test func `the JSON serializations are refused`() throws {
        let parts = Self.control.split(separator: ".")
        let flat = #"{"payload":"\#(parts[1])","protected":"\#(parts[0])","signature":"\#(parts[2])"}"#
        #expect(try refusal(of: flat) == .malformed)
        #expect(try refusal(of: #"{"a":".","b":"."}"#) == .malformed)
        #expect(
            try refusal(
                of:
                    #"{"payload":"\#(parts[1])","signatures":[{"protected":"\#(parts[0])","signature":"\#(parts[2])"}]}"#
            ) == .malformed)
    }

    @Test func `a signature is refused unless it is all of the right one`() throws {
        let input = Self.control.split(separator: ".").dropLast().joined(separator: ".")
        let right = Forge.code(input)
        let wrong: [[UInt8]] = [
            [], [0], Array(right.dropLast()), Array(right.dropFirst()), right + [0], right + right,
            Array(right.prefix(16)),
            Array(repeating: 0, count: 32), Array(right.reversed()), Forge.code(input + "."), Forge.code(input, .hs512),
        ]
        for signature in wrong {
            #expect(try refusal(of: input + "." + Forge.segment(signature)) == .signature)
        }
        for bit in 0..<256 {
            var changed = right
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try refusal(of: input + "." + Forge.segment(changed)) == .signature)
        }
    }

    @Test func `no byte of a token can be changed`() throws {
        let control = Array(Self.control.utf8)
        for index in control.indices {
            for flip in [UInt8(1), 2, 4, 8, 16, 32, 64] {
                var changed = control
                changed[index] ^= flip
                let code = try refusal(of: String(decoding: changed, as: UTF8.self))
                #expect(code != nil, "byte \(index), flipped \(flip)")
            }
        }
    }

    @Test func `a token that is cut off is refused at every length`() throws {
        for count in 0..<Self.control.utf8.count {
            #expect(try refusal(of: String(Self.control.prefix(count))) != nil)
        }
    }

    @Test func `a token larger than the policy allows is refused`() throws {
        var policy = Policy.bare
        let size = Self.control.utf8.count
        policy.maximumTokenBytes = size
        #expect(try refusal(of: Self.control, policy: policy) == nil)
        policy.maximumTokenBytes = size - 1
        #expect(try refusal(of: Self.control, policy: policy) == .limit)
        #expect(try refusal(of: String(repeating: "A", count: 10_000_000)) == .limit)
    }

    /// The text with its last character replaced by the next of the alphabet, which changes only the unused bits.
    private static func nextCharacter(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = alphabet.firstIndex(of: text.last ?? "A") ?? 0
        return text.dropLast() + String(alphabet[last + 1])
    }
}
