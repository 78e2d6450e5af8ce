import Testing

@testable import JWT

/// The strict JSON of a payload (RFC 8259, RFC 7519 section 4).
@Suite struct JSONTests {
    /// `SeenNames` keeps the first eight names separately, and names with escapes separately from the others.
    @Test(arguments: [0, 3, 7, 8, 9, 20])
    func `a repeated name is found at any position and with any escapes`(position: Int) throws {
        let policy = Policy(type: nil, issuers: nil, audience: nil, required: [])
        let keys = KeySet(try Key(secret: TestToken.secret))
        for (former, latter) in [
            ("name", "name"), ("name", "n\\u0061me"), ("n\\u0061me", "name"), ("\\u006eame", "nam\\u0065"),
        ] {
            var names = (0..<20).map { "x\($0)" }
            names.insert(former, at: position)
            func verify(_ names: [String]) throws {
                let payload = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
                _ = try Verifier(keys: keys, policy: policy).verify(TestToken.make(payload: payload), at: 0)
            }
            #expect(throws: Never.self) { try verify(names + ["other", "\\u006fthers"]) }
            let error = #expect(throws: JWTError.self) { try verify(names + [latter]) }
            #expect(error?.code == .malformed)
        }
    }

    @Test(arguments: [
        "{}", " { } ", "\r\n{\t}\n", #"{"a":1}"#, #"{"a":-0,"b":0.5,"c":1e5,"d":-1.25E-7,"e":10}"#,
        #"{"a":[],"b":{},"c":[[],{}]}"#,
        #"{"a":[1,"two",null,true,false,{"b":[3]}]}"#, #"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#,
        #"{"é":"ü😀","a b":" "}"#,
        #"{"":0}"#, #"{"a":"\u0000"}"#, #"{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}"#, #"{"a":"\ufffe\uffff"}"#,
        #"{"A":1,"a":2}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"a\":\"\u{7F}\u{2028}\"}",
    ])
    func `a payload with every form of JSON is accepted`(payload: String) throws {
        #expect(try rejection(of: TestToken.make(payload: payload)) == nil)
    }

    @Test(arguments: [
        "", " ", "[]", #"["a"]"#, #""a""#, "1", "null", "true", "{", "}", "{}}", "{}{}", "{} {}", "{},", "{}x",
        "{}\u{0}", #"{"a":1"#,
        #"{"a"}"#, #"{"a":}"#, #"{:1}"#, #"{a:1}"#, #"{'a':1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a":1,,"b":2}"#,
        #"{"a" 1}"#,
        #"{"a"::1}"#, #"{"a":1 "b":2}"#, #"{"a":[1,]}"#, #"{"a":[,1]}"#, #"{"a":[1 2]}"#, #"{"a":[1}"#, #"{"a":{]}"#,
        #"{"a":[}]"#,
        #"{"a":{"b":1]}"#, #"{1:1}"#, #"{null:1}"#, "// x\n{}", "{/* x */}", "{}#", "\u{FEFF}{}", "\u{A0}{}", "{\u{B}}",
        "{\u{C}}",
    ])
    func `a payload that is not one JSON object is rejected`(payload: String) throws {
        #expect(try rejection(of: TestToken.make(payload: payload)) == .malformed)
    }

    @Test(arguments: [
        "01", "-", "+1", ".5", "5.", "1.e3", "1e", "1e+", "1E-", "0x10", "NaN", "Infinity", "-Infinity", "1_000", "00",
        "-01", "1.2.3",
        "1e5.5", "--1", "１", "tru", "True", "TRUE", "nul", "nulll", "truefalse", "undefined", "'a'", "`a`", "1f", "0b1",
    ])
    func `a payload with a value that is not JSON is rejected`(value: String) throws {
        for payload in [#"{"a":\#(value)}"#, #"{"a":[\#(value)]}"#, #"{"a":{"b":\#(value)}}"#, #"{"exp":\#(value)}"#] {
            #expect(try rejection(of: TestToken.make(payload: payload)) == .malformed)
        }
    }

    @Test(arguments: [
        #"\x"#, #"\'"#, #"\0"#, #"\u12"#, #"\u12G4"#, #"\u"#, #"\U0041"#, #"\u+041"#, #"\ud800"#, #"\udc00"#,
        #"\ud800\ud800"#, #"\ud800x"#,
        #"\ud83d\u0041"#, #"\ude00\ud83d"#, #"\ud800\"#, "\\\n", "\n", "\t", "\r", "\u{0}", "\u{1F}", "\u{8}", "\"",
    ])
    func `a string with a bad escape, a lone surrogate or a control character is rejected`(content: String) throws {
        for payload in [
            "{\"a\":\"\(content)\"}", "{\"\(content)\":1}", "{\"a\":[\"\(content)\"]}", "{\"sub\":\"\(content)\"}",
        ] {
            #expect(try rejection(of: TestToken.make(payload: payload)) == .malformed)
        }
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82],
            [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
            [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xF0, 0x9F, 0x98, 0x28], [0xE2, 0x82, 0x28],
        ] as [[UInt8]])
    func `a text that is not UTF-8 is rejected in names, in values and between them`(bytes: [UInt8]) throws {
        func wrap(_ before: String, _ after: String) -> [UInt8] { Array(before.utf8) + bytes + Array(after.utf8) }
        let padding = String(repeating: "x", count: 13)
        for payload in [
            wrap("{\"a\":\"", "\"}"), wrap("{\"", "\":1}"), wrap("{", "}"),
            wrap("{\"a\":\"\(padding)", "\(padding)\"}"),
            wrap("{\"sub\":\"", "\"}"), wrap("{\"a\":[\"", "\"]}"), wrap("{\"a\":\"", ""),
        ] {
            let token = TestToken.make(header: Array(TestToken.plainHeader.utf8), payload: payload)
            #expect(try rejection(of: token) == .malformed)
        }
        let header = TestToken.make(header: wrap(#"{"alg":"HS256","x":""#, "\"}"), payload: Array("{}".utf8))
        #expect(try rejection(of: header) == .malformed)
    }

    @Test func `a payload in UTF-16 or UTF-32 is rejected`() throws {
        let text = #"{"sub":"a"}"#
        let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let wide = text.unicodeScalars.flatMap { [UInt8($0.value & 0xFF), 0, 0, 0] }
        for payload in [little, big, wide, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
            let token = TestToken.make(header: Array(TestToken.plainHeader.utf8), payload: payload)
            #expect(try rejection(of: token) == .malformed)
        }
    }

    @Test(arguments: [
        #"{"exp":1,"exp":2}"#, #"{"exp":9999999999,"e\u0078p":1}"#, #"{"aud":"a","aud":"b"}"#, #"{"a":1,"a":1}"#,
        #"{"a":1,"\u0061":2}"#,
        #"{"a":{"b":1,"b":2}}"#, #"{"a":[{"b":1,"\u0062":2}]}"#, #"{"":1,"":2}"#, #"{"act":{"sub":"a","sub":"b"}}"#,
        #"{"a":[[{"x":0}],{"y":{"z":1,"z":1}}]}"#, #"{"é":1,"\u00e9":2}"#, #"{"sub":"a","x":1,"sub":"a"}"#,
    ])
    func `a repeated name is rejected at every depth, with its escapes resolved`(payload: String) throws {
        #expect(try rejection(of: TestToken.make(payload: payload)) == .malformed)
    }

    @Test func `a repeated name is found among a thousand names`() throws {
        let names = (0..<1000).map { #""n\#($0)":\#($0)"# }
        #expect(try rejection(of: TestToken.make(payload: "{\(names.joined(separator: ","))}")) == nil)
        #expect(
            try rejection(of: TestToken.make(payload: "{\((names + [#""n17":0"#]).joined(separator: ","))}"))
                == .malformed)
    }

    @Test(arguments: ["[", #"{"a":"#])
    func `a payload that is nested too deeply is rejected`(opening: String) throws {
        func nested(_ depth: Int) -> String {
            let closing = opening == "[" ? "]" : "}"
            return
                #"{"x":\#(String(repeating: opening, count: depth) + "0" + String(repeating: closing, count: depth))}"#
        }
        #expect(try rejection(of: TestToken.make(payload: nested(JSONScanner.maximumDepth - 1))) == nil)
        #expect(try rejection(of: TestToken.make(payload: nested(JSONScanner.maximumDepth))) == .limit)
        var policy = Policy.bare
        policy.maximumTokenBytes = 10_000_000
        #expect(try rejection(of: TestToken.make(payload: nested(200_000)), policy: policy) == .limit)
        let unclosed = #"{"x":\#(String(repeating: opening, count: 200_000))"#
        #expect(try rejection(of: TestToken.make(payload: unclosed), policy: policy) == .limit)
    }

    @Test func `a payload that is cut short at any byte is rejected`() throws {
        let payload = #"{"sub":"a\u00e9\ud83d\ude00","x":[1,{"y":-1.5e+3}],"z":null,"é":true}"#
        for count in 0..<payload.utf8.count {
            let token = TestToken.make(
                header: Array(TestToken.plainHeader.utf8), payload: Array(payload.utf8.prefix(count)))
            #expect(try rejection(of: token) == .malformed)
        }
    }

    @Test func `a JSON value is read up to the depth limit of a token`() throws {
        for (opening, closing) in [("[", "]"), (#"{"a":"#, "}")] {
            for (depth, isRead) in [(63, true), (64, false), (100_000, false)] {
                let text =
                    #"{"x":\#(String(repeating: opening, count: depth))1\#(String(repeating: closing, count: depth))}"#
                #expect((JSONValue(object: Array(text.utf8)) != nil) == isRead)
                let token = TestToken.make(payload: text)
                if !isRead {
                    #expect { try InspectedToken(inspecting: token) } throws: { ($0 as? JWTError)?.code == .limit }
                }
            }
        }
    }
}
