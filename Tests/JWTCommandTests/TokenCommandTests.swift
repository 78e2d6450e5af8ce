import Foundation
import Testing

@Suite struct TokenCommandTests {
    /// 32 bytes of 0x41.
    private static let secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"

    @Test func `the claims that sign takes are those that verify prints`() throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, "--claim", "name=bob", "--claim", "n=5", "--claim",
            "l=[1,\"a\"]", input: #"{"sub":"alice","iat":1000}"#)
        #expect(token.status == 0)
        let result = try Command.jwt(
            "verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", "--now", "1000", "--require",
            "sub,exp",
            input: token.output)
        let claims = try #require(try result.objects().first)
        #expect(claims["sub"] as? String == "alice")
        #expect(claims["name"] as? String == "bob")
        #expect(claims["n"] as? Int == 5)
        #expect(claims["iat"] as? Int == 1000)
    }

    @Test func `sign adds the current time and the expiry that belongs to it`() throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, "--expires-in", "60", input: #"{"sub":"alice"}"#)
        // Verifying with the same clock shows that the time is the current one.
        let result = try Command.jwt(
            "verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", "--require", "iat,exp",
            input: token.output)
        let claims = try #require(try result.objects().first)
        let (issued, expiry) = (try #require(claims["iat"] as? Int), try #require(claims["exp"] as? Int))
        #expect(expiry - issued == 60)
    }

    @Test(arguments: [
        (["--now", "2000", "--audience", "you"], "error: expired: "),
        (["--now", "0", "--issuer", "other"], "error: issuer: "),
        (["--now", "0", "--audience", "me"], "error: audience: "), (["--now", "0"], "error: audience: "),
        (["--now", "0", "--audience", "you", "--require", "jti"], "error: missingClaim: "),
        (["--now", "0", "--audience", "you", "--typ", "at+jwt"], "error: unsupported: "),
        (["--now", "0", "--audience", "you", "--algorithms", "HS384"], "error: key: "),
    ])
    func `a rejected token is an error with its code and the status 1`(options: [String], beginning: String) throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, input: #"{"iss":"login","aud":"you","exp":2000}"#)
        var arguments = ["verify", "--secret-base64url", Self.secret]
        if !options.contains("--algorithms") { arguments += ["--algorithms", "HS256"] }
        let result = try Command.run(arguments + options, input: token.output)
        #expect(result.status == 1)
        #expect(result.error.hasPrefix(beginning), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: ["", "a", "a.b", "a.b.c.d", "{}", "e30.e30.AA\ne30.e30.AA"])
    func `a text that is not a token is rejected`(text: String) throws {
        let result = try Command.jwt("verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", input: text)
        #expect(result.error.hasPrefix("error: malformed: ") || result.error.hasPrefix("error: algorithm: "))
        #expect(result.status == 1)
    }

    @Test func `a secret that is too short does not sign, and is not printed`() throws {
        let result = try Command.jwt("sign", "--secret-base64url", "c2VjcmV0", input: "{}")
        #expect(result.error.hasPrefix("error: key: "))
        #expect(!result.error.contains("c2VjcmV0"))
    }

    @Test func `the output of inspect shows the content of a token and that nothing was verified`() throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, input: #"{"sub":"a\u001b[31m","exp":1000}"#)
        let result = try Command.jwt("inspect", input: token.output)
        #expect(result.status == 0)
        #expect(result.output.contains("NOTHING WAS VERIFIED"))
        #expect(result.output.contains(#""alg": "HS256""#))
        #expect(result.output.contains("1970-01-01T00:16:40Z"))
        #expect(result.output.contains("years ago"))
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test func `the help of every command has an overview`() throws {
        for command in [[], ["keys"], ["keys", "new"], ["sign"], ["verify"], ["inspect"], ["explain"], ["probe"]] {
            let result = try Command.run(command + ["--help"])
            #expect(result.status == 0)
            #expect(result.output.contains("OVERVIEW"))
        }
    }

    @Test func `claims that are not UTF-8 are not signed`() throws {
        let input = Data(#"{"sub":"a~b"}"#.utf8.map { $0 == UInt8(ascii: "~") ? 0xFF : $0 })
        let signed = try Command.run(["sign", "--secret-base64url", Self.secret], input: input)
        #expect(signed.error.hasPrefix("error: malformed: ") && signed.output.isEmpty)
        let script = #"echo '{}' | "$0" sign --secret-base64url \#(Self.secret) --claim $'sub=a\xffb'"#
        let claim = try Command.shell(script)
        #expect(claim.error.hasPrefix("error: malformed: ") && claim.output.isEmpty)
    }

    @Test(arguments: [
        ("1", "1"), (#""x""#, #""x""#), (#"1,"b":2"#, #""1,\"b\":2""#), ("1}", #""1}""#), (" [1] ", "[1]"),
        ("", #""""#),
        (#"1,"v":2"#, #""1,\"v\":2""#),
    ])
    func `the value of a claim option is one JSON value, or otherwise a string`(text: String, json: String) throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, "--claim", "a=\(text)", input: #"{"iat":1,"exp":2}"#)
        let claims = try Command.jwt(
            "verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", "--now", "1", input: token.output)
        #expect(claims.output == #"{"iat":1,"exp":2,"a":\#(json)}"# + "\n")
    }

    @Test func `the claims and options that verify would reject are rejected by sign`() throws {
        let rejected: [(arguments: [String], claims: String, beginning: String)] = [
            (["--typ", String(repeating: "t", count: 8190)], "{}", "error: limit: "),
            ([], #"{"aud":[]}"#, "error: invalidClaim: "), (["--expires-in", "0"], "{}", "Error: --expires-in"),
            (["--expires-in=-5"], "{}", "Error: --expires-in"),
            ([], #"{"a":"\#(String(repeating: "x", count: 4_000_000))"}"#, "error: limit: "),
        ]
        for (arguments, claims, beginning) in rejected {
            let result = try Command.run(["sign", "--secret-base64url", Self.secret] + arguments, input: claims)
            #expect(result.error.hasPrefix(beginning), "\(result.error.prefix(100))")
        }
        let large = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, input: #"{"a":"\#(String(repeating: "x", count: 3_000_000))"}"#)
        let arguments = ["verify", "--secret-base64url", Self.secret, "--algorithms", "HS256"]
        #expect(try Command.run(arguments, input: large.output).status == 0)
        #expect(try Command.jwt("inspect", input: large.output).status == 0)
    }

    /// Control characters, ends of lines, marks that change the direction of text, and invisible characters.
    private static let dangerous =
        "\u{7F}\u{80}\u{9B}\u{9F}\u{AD}\u{61C}\u{200B}\u{200F}\u{2028}\u{2029}\u{202A}\u{202E}\u{2066}\u{2069}\u{FE0F}"
        + "\u{FEFF}\u{FFF9}\u{3164}\u{E0001}\u{E0100}\u{1D173}"

    @Test func `characters that a terminal obeys or hides are printed as escapes, and the JSON keeps its meaning`()
        throws
    {
        let claims = "{\"sub\":\"\\u001b[2J\(Self.dangerous)é😀\",\"\(Self.dangerous)\":1,\"exp\":2000}"
        let token = try Command.jwt("sign", "--secret-base64url", Self.secret, input: claims).output
        let verified = try Command.jwt(
            "verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", "--now", "1", input: token)
        let batch = try Command.jwt(
            "verify", "--batch",
            input: "{\"name\":\"\(Self.dangerous)\",\"secret_b64\":\"\(Self.secret)\",\"token\":\""
                + token.trimmingCharacters(in: .newlines) + "\",\"options\":{\"now\":1}}")
        let inspected = try Command.jwt("inspect", input: token)
        let failed = try Command.jwt("keys", "list", "--file", "/nowhere\(Self.dangerous)")
        let misused = try Command.jwt("verify", "--leeway", Self.dangerous)
        #expect(misused.status == 64)
        for text in [verified.output, batch.output, inspected.output, failed.error, misused.error] {
            let lines = text.split(separator: "\n").flatMap(\.unicodeScalars)
            #expect(!lines.contains { Self.dangerous.unicodeScalars.contains($0) || $0.value < 0x20 })
            #expect(text.contains("\\udb40\\udc01"))
        }
        #expect(verified.output.contains("é😀"))
        #expect(try verified.objects()[0]["sub"] as? String == "\u{1B}[2J\(Self.dangerous)é😀")
        #expect(try verified.objects()[0][Self.dangerous] as? Int == 1)
        #expect(try batch.objects()[0]["name"] as? String == Self.dangerous)
    }

    @Test(arguments: [
        ("1500000000.5", "2017-07-14T02:40:01Z"), ("1.5e9", "2017-07-14T02:40:00Z"),
        ("-12219292800", "1582-10-15T00:00:00Z"), ("-12219292801", "-12219292801 s"),
        ("253402300800", "253402300800 s"),
    ])
    func `the times of inspect are dates in the Gregorian calendar, and seconds outside of it`(
        date: String, words: String
    ) throws {
        let token = try Command.jwt("sign", "--secret-base64url", Self.secret, input: #"{"exp":\#(date)}"#).output
        #expect(try Command.jwt("inspect", input: token).output.contains("expires     \(words), "))
    }

    @Test func `claims that are nested too deeply exceed a limit`() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        let signed = try Command.jwt("sign", "--secret-base64url", Self.secret, input: #"{"a":\#(deep)}"#)
        #expect(signed.error.hasPrefix("error: limit: "))
        let payload = Data(#"{"a":\#(deep)}"#.utf8).base64EncodedString().replacing("=", with: "")
        #expect(try Command.jwt("inspect", input: "e30.\(payload).").error.hasPrefix("error: limit: "))
    }

    @Test(arguments: [("\n", 0), ("\r\n", 0), ("", 0), ("\r", 1), ("\n\n", 1), (" ", 1), ("\n\r", 1)])
    func `one newline may follow a token, and nothing else`(end: String, status: Int32) throws {
        let token = try Command.jwt("sign", "--secret-base64url", Self.secret, input: "{}").output
        let arguments = ["verify", "--secret-base64url", Self.secret, "--algorithms", "HS256"]
        #expect(try Command.run(arguments, input: token.dropLast() + end).status == status)
    }

    @Test(arguments: [",,", "", "sub,", ",sub", "sub,,exp"])
    func `a list with an empty name is an error`(list: String) throws {
        for options in [["--algorithms", "HS256", "--require"], ["--algorithms"]] {
            let result = try Command.run(["verify", "--secret-base64url", Self.secret] + options + [list])
            #expect(result.status == 64)
            #expect(result.error.contains("\(options[options.count - 1]) takes"))
        }
    }
}
