import Foundation
import Testing

/// `jwt verify --batch` as a conformance corpus sees it.
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

    private func answers(_ lines: [String]) throws -> [[String: Any]] {
        let result = try Command.jwt("verify", "--batch", input: lines.joined(separator: "\n") + "\n")
        #expect(result.status == 0)
        return try result.objects()
    }

    @Test func `cases are answered one a line and in order`() throws {
        let lines = try (0..<100).map { try Self.line("case \($0)", options: ["now": $0 % 2 == 0 ? 1999 : 2000]) }
        let answers = try answers(lines)
        #expect(answers.compactMap { $0["name"] as? String } == (0..<100).map { "case \($0)" })
        #expect(answers.compactMap { $0["ok"] as? Bool } == (0..<100).map { $0 % 2 == 0 })
        #expect((answers[0]["claims"] as? [String: Any])?["sub"] as? String == "a")
        #expect(answers[1]["error"] as? String == "expired")
        #expect((answers[1]["detail"] as? String)?.isEmpty == false)
    }

    @Test func `options are obeyed`() throws {
        let cases: [([String: Any], String?)] = [
            (["leeway": 1, "now": 2000], nil), (["leeway": 5000, "now": 6999], nil),
            (["leeway": 5000, "now": 7000], "expired"),
            (["algorithms": ["HS384", "HS256"]], nil), (["algorithms": ["HS384"]], "key"),
            (["algorithms": ["RS256"]], "algorithm"),
            (["algorithms": ["none"]], "algorithm"), (["algorithms": [String]()], "algorithm"),
            (["required": ["exp", "sub"]], nil),
            (["required": ["jti"]], "missingClaim"), (["audience": "me"], "missingClaim"),
            (["issuer": "me"], "missingClaim"),
            (["now": 1999.5], nil),
        ]
        let answers = try answers(try cases.map { try Self.line("x", options: $0.0) })
        for (answer, expected) in zip(answers, cases) {
            #expect(answer["error"] as? String == expected.1, "\(expected.0)")
        }
    }

    @Test func `a secret that the RFCs forbid is a fault of the key`() throws {
        let pem = Data("-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE".utf8)
        let secrets = [Data(), Data("secret".utf8), Data(repeating: 1, count: 31), pem]
        for answer in try answers(try secrets.map { try Self.line("x", secret: $0) }) {
            #expect(answer["error"] as? String == "key")
        }
    }

    @Test func `a line that is no case is answered too`() throws {
        let answers = try answers([
            "{}", "nonsense", "[1]", try Self.line("good"), #"{"name":"half","secret_b64":"QQ==","token":"\ud800"}"#,
        ])
        #expect(answers.count == 5)
        #expect(answers.map { $0["ok"] as? Bool } == [false, false, false, true, false])
        #expect(answers[4]["name"] as? String == "half")
    }
}
