import Foundation
import Testing

/// `jwt probe` against services that respond as the test says.
@Suite struct ProbeCommandTests {
    private static let secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"

    private typealias StubResponse = ProbedService.Response

    private static let accepted = ProbedService.accepted
    private static let rejected = ProbedService.rejected

    private let token: String

    /// Signs a token. The first eight characters of its signature differ in the two alphabets of base64, the last do not.
    init() throws {
        var suitable: String?
        for number in 0..<200 where suitable == nil {
            let claims = #"{"iss":"login","sub":"alice","aud":"orders","jti":"\#(number)"}"#
            let signed = try Command.jwt("sign", "--secret-base64url", Self.secret, input: claims)
            let token = signed.output.trimmingCharacters(in: .newlines)
            let signature = try #require(token.split(separator: ".").last)
            let hasOther = [signature.prefix(8), signature.suffix(8)].map { $0.contains(where: "-_".contains) }
            if hasOther == [true, false] { suitable = token }
        }
        token = try #require(suitable)
    }

    /// Probes a service that decides by the value of `Authorization`, nil when there is not exactly one.
    private func probe(
        _ options: String..., deciding decide: @escaping ProbedService.Decision
    ) async throws -> Command.Result {
        try await ProbedService(token, deciding: decide).probe(options)
    }

    @Test func `a service that accepts only the good token keeps all rules`() async throws {
        let result = try await probe { authorization, good in
            authorization?.lowercased() == good.lowercased() && authorization?.dropFirst(6) == good.dropFirst(6)
                ? Self.accepted : Self.rejected
        }
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(result.output.contains(" 0 findings, 0 unknown, "))
    }

    @Test func `a service that does not compare signatures breaks a rule, and the report repeats the request`()
        async throws
    {
        let result = try await probe { authorization, good in
            let start = good.split(separator: ".").prefix(2).joined(separator: ".")
            return authorization?.hasPrefix(start) == true ? Self.accepted : Self.rejected
        }
        #expect(result.status == 1)
        #expect(result.output.contains("✗ signature-empty       200  an empty signature: accepted like the good token"))
        #expect(result.output.contains("\n    RFC 7515 §5.2\n    curl -qgsi --path-as-is --http1.1 "))
        let start = token.split(separator: ".").prefix(2).joined(separator: ".")
        #expect(result.output.contains(#"/orders -H "Authorization: Bearer \#(start).""# + "\n"))
    }

    @Test func `the report contains no part of a signature that a service could accept`() async throws {
        let result = try await probe("--json") { authorization, _ in
            authorization == nil ? Self.rejected : Self.accepted
        }
        #expect(result.status == 1)
        let signature = try #require(token.split(separator: ".").last)
        #expect(!result.output.contains(signature.prefix(8)))
        #expect(!result.output.contains(signature.suffix(8)))
        #expect(result.output.contains("$TOKEN"))
    }

    @Test func `an internal error is a finding`() async throws {
        let result = try await probe { authorization, good in
            if authorization == good { return Self.accepted }
            return authorization?.hasPrefix("Bearer garbage") == true ? (500, "oops", false) : Self.rejected
        }
        #expect(result.status == 1)
        #expect(result.output.contains("✗ garbage               500  a text that is not a token: the service failed"))
    }

    @Test func `a rejection without a challenge is a finding`() async throws {
        let result = try await probe { authorization, good in
            authorization == good ? Self.accepted : (401, "no", false)
        }
        #expect(result.status == 1)
        #expect(result.output.contains("no token: rejected without WWW-Authenticate"))
    }

    @Test func `a service that rejects in the body of a 200 is compared by its bodies`() async throws {
        let result = try await probe("--json") { authorization, good in
            guard let authorization else { return Self.rejected }
            return authorization == good ? Self.accepted : (200, "error: no such token", false)
        }
        let checks = try #require(try result.objects().first?["checks"] as? [[String: Any]])
        func outcome(_ name: String) -> String? {
            checks.first { $0["name"] as? String == name }?["outcome"] as? String
        }
        #expect(outcome("garbage") == "finding")
        #expect(outcome("alg-none") == "held")
    }

    @Test(arguments: [302, 429, 501, 503])
    func `a status that says nothing about the token is an unknown outcome`(status: Int) async throws {
        let result = try await probe { authorization, good in
            if authorization == good || authorization == good.replacing("Bearer", with: "bearer") {
                return Self.accepted
            }
            return authorization?.hasPrefix("Basic") == true ? (status, "", false) : Self.rejected
        }
        #expect(result.status == 3)
        #expect(result.output.contains("? scheme-basic          \(status)"))
        #expect(result.output.contains(" 0 findings, 1 unknown, "))
    }

    @Test(arguments: [
        (200, 200, "the response without a token is 200; give a URL that needs a token"),
        (403, 401, "the response to the good token is 403; give a valid token"),
        (200, 302, "the response without a token is 302; give a URL that responds with 401"),
        (404, 404, "the response without a token is 404; give a URL that needs a token"),
    ])
    func `a probe says why it cannot begin`(good status: Int, missing: Int, message: String) async throws {
        let result = try await probe { authorization, good in
            (authorization == good ? status : missing, "", true)
        }
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("error: probe: \(message)"), "\(result.error)")
    }

    @Test func `a service that does not respond is an error with the status 3`() throws {
        let result = try Command.jwt("probe", "http://127.0.0.1:9/orders", input: token)
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("error: probe: "))
    }

    @Test func `a good token that expires too early is an error with the status 3`() throws {
        let claims = #"{"exp":1000}"#
        let expired = try Command.jwt("sign", "--secret-base64url", Self.secret, input: claims).output
        let result = try Command.jwt("probe", "http://127.0.0.1:9/orders", input: expired)
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("error: probe: the good token expires in -"))
    }

    @Test(arguments: [
        "http://service.example/", "http://127.0.0.1.service.example/", "http://128.0.0.1/", "http://127.1/",
        "http://127.0.0.256/", "http://localhost.example/", "http://[::2]/",
    ])
    func `another machine is probed only if its name is repeated`(url: String) throws {
        let result = try Command.jwt("probe", url, "--host", "other.example", input: token)
        #expect(result.status == 64)
        #expect(result.error.contains("is not this machine"))
    }

    @Test(arguments: [
        ["ftp://localhost/"], ["localhost"], ["http://u@localhost/"], ["http://localhost/", "--rate", "0"],
        ["http://localhost/", "--rate", "1001"], ["http://localhost/", "--print", "none"],
        ["http://localhost/", "--method", "G T"],
    ])
    func `an option that means nothing is an error of usage`(arguments: [String]) throws {
        #expect(try Command.run(["probe"] + arguments, input: token).status == 64)
    }

    @Test func `the report in the format of JUnit counts the findings and escapes the requests`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        let result = try await probe("--junit", file.path) { authorization, good in
            authorization == good ? Self.accepted : Self.rejected
        }
        #expect(result.status == 1)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains(#"failures="1" errors="0" skipped=""#))
        #expect(text.contains(#"<failure message="401: rejected, but it is valid">RFC 9110 §11.1"#))
        #expect(text.contains("&quot;Authorization: bearer $TOKEN&quot;"))
        #expect(text.contains(#"<skipped message="not sent: needs --keys with the secret"/>"#))
        let parser = try Command.run(
            ["-c", "import sys, xml.dom.minidom as dom; dom.parse(sys.argv[1])", file.path],
            of: URL(filePath: "/usr/bin/python3"))
        #expect(parser.status == 0, "\(parser.error)")
    }
}
