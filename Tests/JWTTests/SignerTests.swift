import Testing

@testable import JWT

@Suite struct SignerTests {
    private let key: Key
    private let verifier: Verifier

    init() throws {
        key = try Key(id: "one", secret: TestToken.secret)
        verifier = Verifier(keys: KeySet(key), policy: .bare)
    }

    @Test func `the claims of a signed token are read as they were written`() throws {
        let claims = Claims(
            issuer: "https://login.example", subject: "a\"b\\c\n\u{1}é😀", expiresAt: 2000, notBefore: -5, issuedAt: 0,
            id: "", scope: "a b", sessionID: "s", username: "u", queryHash: "q", actor: "caller/\u{7F}",
            others: [.init("n", .null), .init("f", .number("1.50e3")), .init("l", [1, true, "x", ["y": -3]])])
        let token = try verifier.verify(try Signer(key: key).sign(claims), at: 1000)
        #expect(token.issuer == "https://login.example")
        #expect(token.subject.map { Array($0.utf8) } == Array("a\"b\\c\n\u{1}é😀".utf8))
        #expect([token.expiresAt, token.notBefore, token.issuedAt] == [2000, -5, 0])
        #expect([token.id, token.sessionID, token.username, token.queryHash] == ["", "s", "u", "q"])
        #expect(token.actor == "caller/\u{7F}")
        #expect(token.scopes == ["a", "b"])
        #expect(token["f"]?.text == "1.50e3")
        #expect(token["l"]?.text == #"[1,true,"x",{"y":-3}]"#)
        #expect(token["none"] == nil)
    }

    @Test(arguments: ["\"", "\\", "\n", "é", "\u{7F}"])
    func `a special character survives at every position of a string`(character: Character) throws {
        let signer = Signer(key: key)
        for count in 1...40 {
            for position in 0..<count {
                let text =
                    String(repeating: "a", count: position) + "\(character)"
                    + String(repeating: "b", count: count - position - 1)
                let token = try verifier.verify(try signer.sign(Claims(subject: text, expiresAt: 2000)), at: 1000)
                #expect(token.subject.map { Array($0.utf8) } == Array(text.utf8))
            }
        }
    }

    @Test func `the header names algorithm, key and type in this order`() throws {
        let token = try Signer(key: key, type: "at+jwt").sign(Claims())
        let header = try InspectedToken(inspecting: token).header
        #expect(header.text == #"{"alg":"HS256","kid":"one","typ":"at+jwt"}"#)
    }

    @Test func `one audience is written as a string and several as an array`() throws {
        let signer = Signer(key: key)
        #expect(try InspectedToken(inspecting: signer.sign(Claims(audience: ["a"]))).payload.text == #"{"aud":"a"}"#)
        #expect(
            try InspectedToken(inspecting: signer.sign(Claims(audience: ["a", "b"]))).payload.text
                == #"{"aud":["a","b"]}"#)
        #expect(try InspectedToken(inspecting: signer.sign(Claims())).payload.text == "{}")
    }

    @Test func `a subject of any length is signed, even if all of it needs escapes`() throws {
        for count in [0, 1, 7, 8, 9, 15, 16, 63, 64, 1000, 5000] {
            for character in ["a", "\"", "\u{1}", "é", "😀"] {
                let subject = String(repeating: character, count: count)
                var policy = Policy.bare
                policy.maximumTokenBytes = 100_000
                let verifier = Verifier(keys: KeySet(key), policy: policy)
                #expect(try verifier.verify(Signer(key: key).sign(Claims(subject: subject)), at: 0).subject == subject)
            }
        }
    }

    @Test(arguments: [
        Int64.min, .min + 1, -12_345_678, -1, 0, 9, 10, 99, 100, 99_999_999, 100_000_000, 100_000_001, 1_762_000_000,
        9_999_999_999_999_999, 10_000_000_000_000_000, 999_999_999_999_999_999, .max - 1, .max,
    ])
    func `a date of any size survives signing and verifying`(seconds: Int64) throws {
        let token = try Signer(key: key).sign(Claims(issuedAt: NumericDate(seconds: seconds)))
        #expect(try verifier.verify(token, at: 0).issuedAt == NumericDate(seconds: seconds))
    }

    @Test func `the signer rejects claims that a verifier would reject`() {
        let refused: [(Claims, JWTError.Code)] = [
            (Claims(others: [.init("a", 1), .init("a", 2)]), .malformed),
            (Claims(others: [.init("exp", 1)]), .invalidClaim),
            (Claims(others: [.init("a", .number("01"))]), .malformed),
            (Claims(others: [.init("a", .number("1,\"exp\":2"))]), .malformed),
            (Claims(others: [.init("a", ["b": 1, "b": 2])]), .malformed),
            (Claims(subject: String(repeating: "x", count: 20_000_000)), .limit),
            (Claims(subject: String(repeating: "x", count: 3_200_000)), .limit),
            (Claims(subject: String(repeating: "\n", count: 600_000)), .limit),
        ]
        for (claims, code) in refused {
            #expect { try Signer(key: key).sign(claims) } throws: { ($0 as? JWTError)?.code == code }
        }
        let deep = (0..<100).reduce(JSONValue.null) { value, _ in [value] }
        #expect { try Signer(key: key).sign(Claims(others: [.init("a", deep)])) } throws: {
            ($0 as? JWTError)?.code == .limit
        }
    }

    @Test func `a token of the largest size is signed, verified and inspected`() throws {
        var policy = Policy.bare
        policy.maximumTokenBytes = Signer.maximumTokenBytes
        let verifier = Verifier(keys: KeySet(key), policy: policy)
        let empty = try Signer(key: key).sign(Claims(subject: "")).utf8.count
        // Four characters of a token encode three bytes.
        let fits = (Signer.maximumTokenBytes - empty) * 3 / 4
        let token = try Signer(key: key).sign(Claims(subject: String(repeating: "x", count: fits)))
        #expect(Signer.maximumTokenBytes - token.utf8.count < 3)
        #expect(try verifier.verify(token, at: 0).subject?.utf8.count == fits)
        #expect(try InspectedToken(inspecting: token).payload["sub"]?.string?.utf8.count == fits)
        for sign in [
            { try Signer(key: key).sign(Claims(subject: String(repeating: "x", count: fits + 3))) },
            { try Signer(key: key).sign(["sub": .string(String(repeating: "x", count: fits + 3))]) },
        ] {
            #expect { try sign() } throws: { ($0 as? JWTError)?.code == .limit }
        }
    }

    @Test func `the signer rejects a type that makes the header too large, and signs the longest allowed one`()
        throws
    {
        let longest = Header.maximumBytes - #"{"alg":"HS256","kid":"one","typ":""}"#.utf8.count
        for (count, isSigned) in [(8000, true), (longest, true), (longest + 1, false), (70_000, false)] {
            let signer = Signer(key: key, type: String(repeating: "t", count: count))
            let token = try? signer.sign(Claims())
            #expect((token != nil) == isSigned)
            if let token { _ = try verifier.verify(token, at: 0) }
            #expect(((try? signer.sign([:] as JSONValue)) != nil) == isSigned)
        }
    }

    @Test func `the signer rejects an empty list of audiences`() throws {
        #expect { try Signer(key: key).sign(["aud": []]) } throws: { ($0 as? JWTError)?.code == .invalidClaim }
        _ = try Signer(key: key).sign(["aud": ["a"]])
    }

    @Test func `the signer keeps the members of an object and checks them like claims`() throws {
        let signer = Signer(key: key)
        let object = try #require(JSONValue(object: Array(#"{"z":1,"sub":"a","exp":5000}"#.utf8)))
        #expect(try InspectedToken(inspecting: signer.sign(object)).payload.text == #"{"z":1,"sub":"a","exp":5000}"#)
        #expect { try signer.sign(["exp": "soon"]) } throws: { ($0 as? JWTError)?.code == .invalidClaim }
        #expect { try signer.sign(["a", "b"]) } throws: { ($0 as? JWTError)?.code == .malformed }
        #expect(try InspectedToken(inspecting: signer.sign([:] as JSONValue)).payload.text == "{}")
    }

    @Test(arguments: Algorithm.allCases)
    func `the signature of each algorithm is that of an independent computation`(algorithm: Algorithm) throws {
        let key = try Key(algorithm, secret: TestToken.secret)
        let header = #"{"alg":"\#(algorithm.rawValue)","typ":"JWT"}"#
        let expected = TestToken.make(header: header, payload: #"{"sub":"a"}"#, algorithm)
        #expect(try Signer(key: key).sign(Claims(subject: "a")) == expected)
    }
}
