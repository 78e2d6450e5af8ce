import Foundation
import Testing

@Suite struct ExplainTests {
    /// 32 bytes of 0x41.
    private static let secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"
    private static let claims =
        #"{"iss":"http://localhost:8080","sub":"a","aud":["login","orders"],"jti":"j","scope":"orders:read","exp":2000}"#

    private func explain(
        _ claims: String = claims, _ options: String..., typ: String = "JWT", at now: Int = 1999
    ) throws -> Command.Result {
        let token = try Command.jwt("sign", "--secret-base64url", Self.secret, "--typ", typ, input: claims)
        return try Command.run(
            ["explain", "--secret-base64url", Self.secret, "--for", "orders", "--now", "\(now)"] + options,
            input: token.output)
    }

    @Test func `an accepted token passes every check, and the command ends with the status 0`() throws {
        let result = try explain(Self.claims, "--scope", "orders:read")
        #expect(result.status == 0 && result.error.isEmpty)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 13)
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("✓ ") })
        #expect(lines.last == "orders accepts this token, unless it is revoked.")
        #expect(result.output.contains("✓ exp         1970-01-01T00:33:20Z, in 1 second\n"))
        #expect(result.output.contains("✓ claims      iss, sub, aud, exp, jti\n"))
    }

    @Test(arguments: [
        (#""orders""#, #""inbox""#, "✗ aud         the token is for another audience; "),
        ("localhost:8080", "evil.example", "✗ iss         the issuer of the token is not trusted; "),
        (#""jti":"j","#, "", "✗ claims      a required claim is missing (jti)"),
        (":2000", ":1000", "✗ exp         the token expired 999 seconds ago: "),
        (":2000", #":2000,"nbf":2002"#, "✗ nbf         the token becomes valid in 3 seconds: "),
    ])
    func `a rejected token fails the check of its claim, and the command ends with the status 1`(
        text: String, replacement: String, beginning: String
    ) throws {
        let result = try explain(Self.claims.replacing(text, with: replacement))
        #expect(result.status == 1 && result.error.isEmpty)
        let failed = result.output.split(separator: "\n").filter { $0.hasPrefix("✗") }
        #expect(failed.count == 1 && failed.first?.hasPrefix(beginning) == true, "\(result.output)")
        #expect(result.output.hasSuffix("\norders rejects this token with 401.\n"))
    }

    @Test func `a token of another type or key is rejected before its claims are checked`() throws {
        let otherType = try explain(typ: "at+jwt")
        #expect(otherType.status == 1)
        #expect(otherType.output.contains("the token has at+jwt, expected JWT"))
        #expect(otherType.output.contains("- exp         not checked\n"))
        let token = try Command.jwt("sign", "--secret-base64url", Self.secret, input: Self.claims)
        let other = Self.secret.replacing("QUF", with: "QkF")
        let otherKey = try Command.jwt(
            "explain", "--secret-base64url", other, "--for", "orders", "--now", "1", input: token.output)
        #expect(otherKey.status == 1)
        #expect(otherKey.output.contains("✗ signature   the signature does not match"))
        #expect(otherKey.output.contains("- claims      not checked\n"))
    }

    @Test func `a token without the scope of the route is rejected with 403`() throws {
        let result = try explain(Self.claims, "--scope", "orders:write")
        #expect(result.status == 1)
        #expect(result.output.contains("✗ scope       the route requires orders:write; the token has orders:read\n"))
        #expect(result.output.hasSuffix("\norders rejects this token with 403.\n"))
        let expired = try explain(Self.claims, "--scope", "orders:write", at: 2000)
        #expect(expired.output.contains("- scope       not checked\n"))
        #expect(expired.output.hasSuffix("\norders rejects this token with 401.\n"))
    }

    @Test func `the leeway and the issuer are those of the service`() throws {
        #expect(try explain(Self.claims, "--leeway", "30", at: 2029).status == 0)
        #expect(try explain(Self.claims, "--leeway", "30", at: 2030).status == 1)
        #expect(try explain(Self.claims, "--issuer", "https://login.example").status == 1)
    }

    @Test(arguments: [
        ([], "'--for"), (["--for", "orders"], "Give either --keys"),
        (["--for", "orders", "--keys", "x", "--leeway", "301"], "--leeway must be 0 to 300"),
    ])
    func `a wrong option of explain ends the command with the status 64`(options: [String], message: String) throws {
        let result = try Command.run(["explain"] + options)
        #expect(result.status == 64 && result.error.contains(message), "\(result.error)")
    }

    @Test func `values of the token are escaped for the terminal`() throws {
        let result = try explain(Self.claims.replacing("http://localhost:8080", with: #"\u001b[31m"#))
        #expect(result.status == 1)
        #expect(result.output.contains(#"the token has \u001b[31m"#))
        #expect(!result.output.contains("\u{1B}"))
        let text = try Command.jwt(
            "explain", "--secret-base64url", Self.secret, "--for", "orders", input: "not a \u{1B}[31m token")
        #expect(text.status == 1 && !text.output.contains("\u{1B}"))
        #expect(text.output.hasPrefix("✗ form        the token does not have three parts"))
    }
}
