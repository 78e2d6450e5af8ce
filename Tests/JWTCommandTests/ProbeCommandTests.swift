import Foundation
import TestSupport
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

    @Test func `a good token alone is enough for the checks that need no key, and each names its rule`() async throws {
        let result = try await probe("--json", "--other-token", "other") { authorization, good in
            authorization?.lowercased() == good.lowercased() && authorization?.dropFirst(6) == good.dropFirst(6)
                ? Self.accepted : Self.rejected
        }
        let checks = try #require(try result.objects().first?["checks"] as? [[String: Any]])
        let names = checks.compactMap { $0["name"] as? String }
        #expect(names.count == checks.count && Set(names).count == names.count)
        let held = Set(checks.filter { $0["outcome"] as? String == "held" }.compactMap { $0["name"] as? String })
        let expected: Set = [
            "alg-none", "signature-missing", "signature-last-bit", "duplicate-alg", "padding", "tail-bits",
            "standard-alphabet", "crit-unknown", "jwk", "jku", "x5c", "header-deep", "two-fields-good-first",
            "query-access-token", "cookie", "form-with-get", "reused-audience",
        ]
        #expect(expected.subtracting(held) == [])
        #expect(held.count > 60)
        for check in checks {
            let rule = try #require(check["rule"] as? String)
            #expect(rule.prefixMatch(of: /RFC [0-9]{4} §[0-9]+(\.[0-9]+)*/) != nil, "\(rule)")
        }
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
        #expect(
            result.output.contains(#"/orders -H "Authorization: Bearer \#(start)." -H "User-Agent: hallpass""# + "\n"))
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
        "http://127.0.0.256/", "http://localhost.example/", "http://[::2]/", "http://localhost./", "http://2130706433/",
        "http://0x7f000001/", "http://0177.0.0.1/", "http://0.0.0.0/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
        "http://ｌocalhost/", "http://127。0。0。1/", "http://local%68ost/",
    ])
    func `another machine is probed only if its name is repeated`(url: String) throws {
        let result = try Command.jwt("probe", url, "--host", "other.example", input: token)
        #expect(result.status == 64)
        #expect(result.error.contains("is not this machine"))
    }

    @Test(arguments: [
        ["ftp://localhost/"], ["localhost"], ["http:///x"], ["http://localhost/#x"], ["http://u@localhost/"],
        ["http://:p@localhost/"], ["http://127.0.0.1@service.example/"], ["http://127.0.0.1:80@service.example/"],
        [#"http://service.example\@127.0.0.1/"#], ["http://service.example#@127.0.0.1/"],
        ["http://localhost/", "--rate", "0"],
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
        #expect(
            text.contains(#"<failure message="401: rejected, but it is valid" type="RFC 9110 §11.1">RFC 9110 §11.1"#))
        #expect(text.contains("&quot;Authorization: bearer $TOKEN&quot;"))
        #expect(text.contains(#"<skipped message="not sent: needs --keys with the key that signs"/>"#))
    }

    /// The structure of the schema of Ant's JUnit task.
    private static let junitStructure = [
        "import re, sys, xml.etree.ElementTree as tree",
        "suite = tree.parse(sys.argv[1]).getroot()",
        "assert suite.tag == 'testsuite'",
        "numbers = {'failures': 'failure', 'errors': 'error', 'skipped': 'skipped'}",
        "assert set(suite.attrib) == {'name', 'timestamp', 'hostname', 'tests', 'time', *numbers}",
        "assert re.fullmatch('[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}', suite.get('timestamp'))",
        "assert [child.tag for child in suite] == ['properties'] + ['testcase'] * int(suite.get('tests')) + "
            + "['system-out', 'system-err']",
        "for name, tag in numbers.items(): assert int(suite.get(name)) == len(suite.findall('testcase/' + tag))",
        "for case in suite.findall('testcase'):",
        "    assert set(case.attrib) == {'classname', 'name', 'time'} and re.fullmatch('[0-9]+[.][0-9]{3}', case.get('time'))",
        "    assert len(case) <= 1",
        "    for child in case:",
        "        assert set(child.attrib) == ({'message'} if child.tag == 'skipped' else {'message', 'type'})",
        "        print(child.get('message'))",
    ]

    @Test(arguments: ["HS256", "<\u{301}alg\"\u{301}&]]>'\u{1}\u{1B}[31m\u{85}\u{FFFE}\u{FFFF}\u{2028}\n"])
    func `the report in the format of JUnit has the structure of its schema, whatever the token contains`(
        algorithm: String
    ) async throws {
        let folder = try TemporaryFolder()
        let header = try JSONSerialization.data(withJSONObject: ["alg": algorithm])
        let token = [header, Data("{}".utf8), Data("signature".utf8)]
            .map {
                $0.base64EncodedString().replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
            }
            .joined(separator: ".")
        // The path is in the lines that repeat requests, and in the error of a probe that cannot begin.
        let path = folder.path("<'\u{301}\"\u{301}\u{FFFE}\n&>.pem")
        try "-----BEGIN PUBLIC KEY-----\n".write(toFile: path, atomically: true, encoding: .utf8)
        let report = folder.path("report.xml")
        let service = ProbedService(token) { authorization, good in
            guard let authorization, authorization != "Bearer garbage" else { return Self.rejected }
            if authorization == good { return Self.accepted }
            return authorization.contains("eyJhbGciOiJub25lIn") ? Self.accepted : (302, "", false)
        }
        let first = try await service.probe(["--junit", report, "--keys", path])
        #expect(first.status == 1, "\(first.error)")
        let result = try Command.python(Self.junitStructure, report)
        #expect(result.status == 0, "\(result.error)")
        let key = algorithm == "HS256" ? "HS256" : #"\u001b[31m\u0085\ufffe\uffff\u2028\u000a"#
        #expect(algorithm == "HS256" || result.output.contains(key), "\(result.output)")
        #expect(result.output.contains("200: accepted") && result.output.contains("302: the status says neither"))

        let second = try Command.jwt(
            "probe", "http://127.0.0.1:9/", "--junit", report, "--keys", path + "x", input: token)
        #expect(second.status == 3)
        let error = try Command.python(Self.junitStructure, report)
        #expect(error.status == 0, "\(error.error)")
        #expect(error.output.contains(#"\ufffe"#) && error.output.hasPrefix("key: cannot read "), "\(error.output)")
    }
}
