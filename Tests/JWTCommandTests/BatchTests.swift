import Foundation
import Testing

/// `jwt verify --batch`, which decides the cases of conformance corpora.
@Suite struct BatchTests {
    private static let secret = Data(repeating: 0x41, count: 32)
    private static let token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhIiwiZXhwIjoyMDAwfQ.gwdpeamF-23yQiAS4DnwyDq5i45wdo9-JDC06xNKfSI"

    private static func line(_ name: String, token: String = token, secret: Data = secret, options: [String: Any] = [:])
        throws -> String
    {
        var all: [String: Any] = [
            "algorithms": ["HS256"], "audience": NSNull(), "issuer": NSNull(), "leeway": 0, "now": 1000,
            "required": [String](),
        ]
        all.merge(options) { $1 }
        let entry: [String: Any] = [
            "name": name, "secret_b64": secret.base64EncodedString(), "token": token, "options": all,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: entry), as: UTF8.self)
    }

    private func results(_ lines: [String]) throws -> [[String: Any]] {
        let result = try Command.jwt("verify", "--batch", input: lines.joined(separator: "\n") + "\n")
        #expect(result.status == 0)
        return try result.objects()
    }

    @Test func `each line gets one result, in the order of the lines`() throws {
        let lines = try (0..<100).map { try Self.line("case \($0)", options: ["now": $0 % 2 == 0 ? 1999 : 2000]) }
        let results = try results(lines)
        #expect(results.compactMap { $0["name"] as? String } == (0..<100).map { "case \($0)" })
        #expect(results.compactMap { $0["ok"] as? Bool } == (0..<100).map { $0 % 2 == 0 })
        #expect((results[0]["claims"] as? [String: Any])?["sub"] as? String == "a")
        #expect(results[1]["error"] as? String == "expired")
        #expect((results[1]["detail"] as? String)?.isEmpty == false)
    }

    @Test func `the options of a case decide about its result`() throws {
        let cases: [([String: Any], String?)] = [
            (["leeway": 1, "now": 2000], nil), (["leeway": 5000, "now": 6999], nil),
            (["leeway": 5000, "now": 7000], "expired"),
            (["algorithms": ["HS384", "HS256"]], nil), (["algorithms": ["HS384"]], "algorithm"),
            (["algorithms": ["RS256"]], "algorithm"),
            (["algorithms": ["none"]], "algorithm"), (["algorithms": [String]()], "algorithm"),
            (["required": ["exp", "sub"]], nil),
            (["required": ["jti"]], "missingClaim"), (["audience": "me"], "missingClaim"),
            (["issuer": "me"], "missingClaim"),
            (["typ": "at+jwt", "nonce": 5], nil), (["issuer": ["me", "you"]], "missingClaim"), (["leeway": -5], nil),
        ]
        let results = try results(try cases.map { try Self.line("x", options: $0.0) })
        for (result, expected) in zip(results, cases) {
            #expect(result["error"] as? String == expected.1, "\(expected.0)")
        }
    }

    @Test func `a secret that the RFCs forbid is a key error`() throws {
        let pem = Data("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE".utf8)
        let secrets = [Data(), Data("secret".utf8), Data(repeating: 1, count: 31), pem]
        for result in try results(try secrets.map { try Self.line("x", secret: $0) }) {
            #expect(result["error"] as? String == "key")
        }
    }

    @Test func `a line that is not a case gets a result with its name, if it has one`() throws {
        let results = try results([
            "{}", "nonsense", "[1]", try Self.line("good"), #"{"name":"half","secret_b64":"QQ==","token":"\ud800"}"#,
            #"{"name":"no token"}"#, #"{"name":"a number","token":5}"#, #"{"name":"\ud83d\ude00","token":"\udc00"}"#,
            "\u{A0}", "", "  \t",
        ])
        #expect(results.map { $0["ok"] as? Bool } == [false, false, false, true, false, false, false, false, false])
        #expect(
            results.map { $0["name"] as? String }
                == [nil, nil, nil, "good", "half", "no token", "a number", "\u{1F600}", nil])
        #expect(results.allSatisfy { $0["error"] as? String == ($0["ok"] as? Bool == true ? nil : "malformed") })
    }

    @Test func `a lone surrogate in an option does not match a replacement character`() throws {
        let token = try Self.token(#"{"iss":"\ufffd","exp":2000}"#)
        for (half, error) in [("\\ufffd", nil), ("\\ud800", "malformed")] {
            let line = Self.line(token, rawOptions: #"{"now":1000,"issuer":"\#(half)"}"#)
            #expect(try results([line])[0]["error"] as? String == error)
        }
    }

    @Test(arguments: [
        #""issuer":5"#, #""issuer":true"#, #""issuer":{}"#, #""issuer":[5]"#, #""audience":["me"]"#, #""audience":5"#,
        #""audience":[]"#, #""audience":true"#, #""required":"jti""#, #""required":{"jti":1}"#, #""required":null"#,
        #""required":["sub",5]"#, #""algorithms":"HS256""#, #""algorithms":null"#, #""algorithms":5"#,
        #""algorithms":[1]"#, #""now":1e400"#, #""now":9223372036854775808"#, #""now":"1000""#, #""now":null"#,
        #""leeway":"60""#, #""leeway":null"#, #""leeway":1e19"#,
    ])
    func `a case with an option of a wrong type is malformed`(option: String) throws {
        let name = option.split(separator: "\"")[0]
        let others = name == "now" ? "" : #","now":1000"#
        let result = try #require(try results([Self.line(Self.token, rawOptions: "{\(option)\(others)}")]).first)
        #expect(result["name"] as? String == "x")
        #expect(result["error"] as? String == "malformed")
        #expect((result["detail"] as? String)?.contains(name) == true)
    }

    @Test(arguments: ["5", #""x""#, "null", "[]", "true"])
    func `a case whose options are not an object is malformed`(options: String) throws {
        #expect(try results([Self.line(Self.token, rawOptions: options)])[0]["error"] as? String == "malformed")
    }

    @Test(
        arguments: [
            (#"{"exp":1000.5}"#, "0", "1000.4", nil), (#"{"exp":1000.5}"#, "0", "1000.5", "expired"),
            (#"{"exp":1000.5}"#, "0", "1000.7", "expired"), (#"{"exp":1000.9}"#, "0", "1000.7", nil),
            (#"{"exp":1000.5}"#, "0", "1000", nil), (#"{"exp":1000.5}"#, "0", "1001", "expired"),
            (#"{"exp":1000}"#, "0.5", "1000", nil), (#"{"exp":1000}"#, "0.5", "1000.5", "expired"),
            (#"{"exp":1000}"#, "0.5", "1000.4999999999999999", nil),
            (#"{"exp":10005e-1}"#, "1e-1", "1000.6", "expired"),
            (#"{"nbf":1000.5}"#, "0", "1000.5", nil), (#"{"nbf":1000.5}"#, "0", "1000.4", "notYetValid"),
            (#"{"nbf":1000.5}"#, "0", "1000.7", nil), (#"{"nbf":1000.5}"#, "0.25", "1000.25", nil),
            (#"{"nbf":1000.5}"#, "0.25", "1000.2", "notYetValid"), (#"{"nbf":1000}"#, "0.5", "999.5", nil),
        ] as [(String, String, String, String?)])
    func `fractions of seconds are compared as they are written`(
        claims: String, leeway: String, now: String, expected: String?
    ) throws {
        let claims = claims.contains("exp") ? claims : claims.dropLast() + #","exp":2000}"#
        let line = Self.line(try Self.token(claims), rawOptions: #"{"now":\#(now),"leeway":\#(leeway)}"#)
        #expect(try results([line])[0]["error"] as? String == expected)
    }

    @Test func `a case is checked for its form first, then its algorithm, then its key`() throws {
        let header = { (text: String) in Data(text.utf8).base64EncodedString().replacing("=", with: "") }
        let none = header(#"{"alg":"none"}"#)
        let cases: [(token: String, expected: String)] = [
            ("\(none).e30.!!!!", "malformed"), ("\(none).e.", "malformed"), ("\(none).e30=.", "malformed"),
            (header(#"{"alg":"HS256","crit":["x"]}"#) + ".e 30.AA", "malformed"), ("a.b", "malformed"),
            (header(#"{"alg":"none","typ":1}"#) + ".e30.", "malformed"), ("\(none).e30.", "algorithm"),
            (header(#"{"alg":"HS256","enc":"x"}"#) + ".e30.AA", "unsupported"),
        ]
        for (token, expected) in cases {
            for algorithms in [["HS256"], [], ["none"], ["HS512"]] {
                let secrets = [Self.secret, Data("short".utf8)]
                let lines = try secrets.map {
                    try Self.line("x", token: token, secret: $0, options: ["algorithms": algorithms])
                }
                let codes = try results(lines).map { $0["error"] as? String }
                #expect(codes == [expected, expected], "\(token) \(algorithms)")
            }
        }
    }

    @Test func `the lines after one that is too long or not UTF-8 are decided`() throws {
        let good = try Self.line("good")
        var input = Data(repeating: UInt8(ascii: "x"), count: 9_000_000) + [0x0A]
        input += Data(good.replacing("good", with: "~").utf8.map { $0 == UInt8(ascii: "~") ? 0xFF : $0 }) + [0x0A]
        let result = try Command.run(["verify", "--batch"], input: input + Data(good.utf8))
        #expect(try result.objects().map { $0["error"] as? String } == ["limit", "malformed", nil])
    }

    @Test func `the result of a line is printed before the next line is read`() throws {
        let script = """
            coproc jwt { "$0" verify --batch; }
            for name in one two; do
              echo '{"name":"'$name'","token":""}' >&"${jwt[1]}"
              read -r -t 30 result <&"${jwt[0]}" && echo "$result"
            done
            """
        #expect(try Command.shell(script).objects().map { $0["name"] as? String } == ["one", "two"])
    }

    private static func line(_ token: String, rawOptions options: String) -> String {
        #"{"name":"x","secret_b64":"\#(secret.base64EncodedString())","token":"\#(token)","options":\#(options)}"#
    }

    /// A token with these claims.
    private static func token(_ claims: String) throws -> String {
        let secret = secret.base64EncodedString().replacing("=", with: "")
        return try Command.jwt("sign", "--secret-base64url", secret, input: claims).output
            .trimmingCharacters(in: .newlines)
    }
}
