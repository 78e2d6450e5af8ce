import Foundation
import TestSupport
import Testing

/// The options of the command, right and wrong.
@Suite struct OptionTests {
    /// 64 bytes of 0x41.
    private static let secret = String(repeating: "QUFB", count: 21) + "QQ"
    private let folder: TemporaryFolder
    private let file: String

    init() throws {
        folder = try TemporaryFolder()
        file = folder.path("keys.json")
    }

    private func header(of token: String) throws -> [String: Any] {
        var text = String(token.prefix { $0 != "." }).replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let data = try #require(Data(base64Encoded: text))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test(arguments: [
        (["sign"], "Give either --keys"), (["verify"], "Give either --keys"),
        (["sign", "--keys", "x", "--secret-base64url", secret], "Give either --keys"),
        (["verify", "--secret-base64url", secret], "--secret-base64url needs --algorithms"),
        (["verify", "--keys", "x", "--leeway", "301"], "--leeway must be 0 to 300"),
        (["verify", "--keys", "x", "--leeway=-1"], "--leeway must be 0 to 300"),
        (["verify", "--keys", "x", "--algorithms", "HS256,RS256"], "--algorithms takes HS256, HS384 and HS512"),
        (["sign", "--secret-base64url", secret, "--algorithm", "none"], "'none' is invalid"),
        (["keys", "new"], "Missing expected argument '--file"), (["keys", "promote", "--file", "x"], "'--id"),
        (["nonsense"], "Unexpected argument 'nonsense'"),
    ])
    func `a wrong option ends the command with the status 64 and a message`(arguments: [String], message: String) throws
    {
        let result = try Command.run(arguments)
        #expect(result.status == 64)
        #expect(result.error.contains(message), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test(arguments: [
        (["sign", "--secret-base64url", secret, "--claim", "sub"], "malformed: --claim needs the form name=value"),
        (["sign", "--secret-base64url", "Q"], "key: the secret is not strict base64url"),
        (["sign", "--secret-base64url", secret, "--claim", "a=1", "--claim", "a=2"], "malformed: "),
        (["keys", "new", "--file", "/nowhere/keys.json"], "key: cannot open the folder"),
        (["keys", "add", "--file", "/keys-that-are-missing.json"], "key: cannot read the key file"),
    ])
    func `a failure ends the command with the status 1 and an error`(arguments: [String], message: String) throws {
        let result = try Command.run(arguments, input: "{}")
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("error: \(message)"), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    @Test func `a verifier with all options accepts the token that meets them`() throws {
        let token = try Command.jwt(
            "sign", "--secret-base64url", Self.secret, "--algorithm", "HS384", "--typ", "at+jwt",
            input: #"{"iss":"login","aud":["orders","inbox"],"iat":900,"exp":1000,"jti":"1"}"#
        ).output
        #expect(try header(of: token)["alg"] as? String == "HS384")
        #expect(try header(of: token)["typ"] as? String == "at+jwt")
        let arguments = [
            "verify", "--secret-base64url", Self.secret, "--algorithms", "HS256,HS384", "--issuer", "login",
            "--audience",
            "inbox", "--typ", "application/at+jwt", "--require", "jti,exp", "--leeway", "60", "--now",
        ]
        #expect(try Command.run(arguments + ["1059"], input: token).status == 0)
        #expect(
            try Command.run(arguments + ["1060"], input: token).error
                == "error: expired: the token expired 60 seconds ago\n")
    }

    @Test func `an input above the limit of 8 MiB is an error`() throws {
        let input = String(repeating: "x", count: 8 * 1024 * 1024 + 1)
        for arguments in [
            ["inspect"], ["sign", "--secret-base64url", Self.secret],
            ["verify", "--secret-base64url", Self.secret, "--algorithms", "HS256"],
        ] {
            #expect(
                try Command.run(arguments, input: input).error
                    == "error: limit: the input has more than 8388608 bytes\n")
        }
    }

    @Test func `a token that is not UTF-8 is malformed`() throws {
        let result = try Command.run(["inspect"], input: Data([0xFF, 0x2E, 0x2E]))
        #expect(result.error == "error: malformed: the token is not UTF-8\n")
    }

    // MARK: - Keys

    @Test func `a new key has the requested algorithm, and a date and digits as its identifier`() throws {
        #expect(try Command.jwt("keys", "new", "--file", file, "--algorithm", "HS512").status == 0)
        let line = try Command.jwt("keys", "list", "--file", file).output
        #expect(line.contains(#/^\d{4}-\d{2}-\d{2}-[0-9a-f]{4}\tHS512\tsigns, verifies\n$/#), "\(line)")
    }

    @Test func `an added or rotated key has the algorithm of the signing key, or the requested one`() throws {
        _ = try Command.jwt("keys", "new", "--file", file, "--algorithm", "HS384", "--id", "a")
        _ = try Command.jwt("keys", "add", "--file", file, "--id", "b")
        _ = try Command.jwt("keys", "add", "--file", file, "--id", "c", "--algorithm", "HS256")
        _ = try Command.jwt("keys", "rotate", "--file", file, "--id", "d")
        #expect(
            try Command.jwt("keys", "list", "--file", file).output
                == "d\tHS384\tsigns, verifies\na\tHS384\tverifies\nb\tHS384\tverifies\nc\tHS256\tverifies\n")
    }

    @Test func `a key that does not sign is retired by its identifier`() throws {
        for (command, id) in [("new", "a"), ("add", "b"), ("add", "c")] {
            _ = try Command.jwt("keys", command, "--file", file, "--id", id)
        }
        let unknown = try Command.jwt("keys", "retire", "--file", file, "--id", "x")
        #expect(unknown.error == "error: key: no key has this identifier\n")
        #expect(try Command.jwt("keys", "retire", "--file", file, "--id", "b").status == 0)
        #expect(
            try Command.jwt("keys", "list", "--file", file).output == "a\tHS256\tsigns, verifies\nc\tHS256\tverifies\n")
    }

    @Test func `a token is signed with the first key of the requested algorithm`() throws {
        _ = try Command.jwt("keys", "new", "--file", file, "--id", "a")
        _ = try Command.jwt("keys", "add", "--file", file, "--id", "b", "--algorithm", "HS512")
        let token = try Command.jwt("sign", "--keys", file, "--algorithm", "HS512", input: "{}").output
        #expect(try header(of: token)["kid"] as? String == "b")
        let missing = try Command.jwt("sign", "--keys", file, "--algorithm", "HS384", input: "{}")
        #expect(missing.error == "error: key: there is no key of these algorithms\n")
    }
}
