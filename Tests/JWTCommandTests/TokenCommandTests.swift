import Foundation
import Testing

@Suite struct TokenCommandTests {
    /// 32 bytes of 0x41.
    private static let secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"

    @Test func `what sign prints, verify prints as claims`() throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, "--claim", "name=bob", "--claim", "n=5", "--claim",
            "l=[1,\"a\"]",
            "--expires-in", "60", input: #"{"sub":"alice","iat":1000}"#)
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
        let expiry = try #require(claims["exp"] as? Int)
        #expect(abs(Date.now.timeIntervalSince1970 + 60 - Double(expiry)) < 30)
    }

    @Test(arguments: [
        (["--now", "2000", "--audience", "you"], "error: expired: "),
        (["--now", "0", "--issuer", "other"], "error: issuer: "),
        (["--now", "0", "--audience", "me"], "error: audience: "), (["--now", "0"], "error: audience: "),
        (["--now", "0", "--audience", "you", "--require", "jti"], "error: missingClaim: "),
        (["--now", "0", "--audience", "you", "--typ", "at+jwt"], "error: unsupported: "),
        (["--now", "0", "--audience", "you", "--algorithms", "HS384"], "error: key: "),
    ])
    func `a refusal names its kind and exits with 1`(options: [String], beginning: String) throws {
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
    func `a text that is no token is malformed`(text: String) throws {
        let result = try Command.jwt("verify", "--secret-base64url", Self.secret, "--algorithms", "HS256", input: text)
        #expect(result.error.hasPrefix("error: malformed: ") || result.error.hasPrefix("error: algorithm: "))
        #expect(result.status == 1)
    }

    @Test func `a secret that is too short signs nothing`() throws {
        let result = try Command.jwt("sign", "--secret-base64url", "c2VjcmV0", input: "{}")
        #expect(result.error.hasPrefix("error: key: "))
        #expect(!result.error.contains("c2VjcmV0"))
    }

    @Test func `inspect shows what a token says and that nothing was verified`() throws {
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

    @Test func `the help of every command says what it does`() throws {
        for command in [[], ["keys"], ["keys", "new"], ["sign"], ["verify"], ["inspect"]] {
            let result = try Command.run(command + ["--help"])
            #expect(result.status == 0)
            #expect(result.output.contains("OVERVIEW"))
        }
    }
}
