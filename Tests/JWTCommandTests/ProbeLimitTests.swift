import Foundation
import TestSupport
import Testing

/// `jwt probe` at services that limit or block their clients, and at servers without a method.
@Suite struct ProbeLimitTests {
    private static let limited: ProbedService.Response = (429, "slower", false)

    private let token: String

    init() throws {
        let secret = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"
        let claims = #"{"iss":"login","sub":"alice","aud":"orders"}"#
        token = try Command.jwt("sign", "--secret-base64url", secret, input: claims).output
            .trimmingCharacters(in: .newlines)
    }

    private static func keepsAllRules(_ authorization: String?, _ good: String) -> ProbedService.Response {
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else {
            return ProbedService.rejected
        }
        return authorization.dropFirst(7) == good.dropFirst(7) ? ProbedService.accepted : ProbedService.rejected
    }

    @Test func `a rejection says nothing when the service blocks the client during the probe`() async throws {
        let log = RequestLog()
        let result = try await ProbedService(token) { authorization, good in
            log.add("")
            return log.all.count < 20 ? Self.keepsAllRules(authorization, good) : ProbedService.rejected
        }.probe([])
        #expect(result.status == 3, "\(result.output)")
        #expect(result.error.hasPrefix("error: probe: the service responded to the good token with 401, so "))
        #expect(result.output.contains(" 1 held, 0 findings, "), "\(result.output)")
        #expect(result.output.contains("? scheme-basic          401"))
        #expect(
            result.output.contains(
                "? alg-none                   no signature, with alg \"none\": not sent: the service no "))
    }

    @Test func `an acceptance stays a finding when the service limits the client afterwards`() async throws {
        let folder = try TemporaryFolder()
        let log = RequestLog()
        let service = ProbedService(token) { authorization, good in
            log.add("")
            if log.all.count > 40 { return Self.limited }
            return authorization?.hasSuffix(".") == true
                ? ProbedService.accepted : Self.keepsAllRules(authorization, good)
        }
        let result = try await service.probe(["--json", "--junit", folder.path("report.xml")])
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("error: probe: the service responded to the good token with 429, 4 times, "))
        let report = try #require(try result.objects().first)
        #expect((report["error"] as? String)?.hasPrefix("probe: the service responded to the good") == true)
        let checks = try #require(report["checks"] as? [[String: Any]])
        let outcomes = checks.reduce(into: [String: String]()) {
            $0[$1["name"] as? String ?? ""] = $1["outcome"] as? String
        }
        #expect(outcomes["alg-none"] == "finding")
        #expect(outcomes["no-token"] == "held")
        #expect(outcomes["header-deep"] == "unknown")
        let text = try String(contentsOf: folder.file("report.xml"), encoding: .utf8)
        #expect(text.contains(#"name="probe" time="0.000"><error message="probe: the service responded to the good"#))
    }

    @Test(arguments: ["0", "Mon, 30 Nov 2015 12:00:00 GMT"])
    func `a request is repeated after the pause that the service asks for`(retryAfter: String) async throws {
        let log = RequestLog()
        var service = ProbedService(token) { authorization, good in
            guard authorization?.hasPrefix("Basic ") == true else { return Self.keepsAllRules(authorization, good) }
            log.add("")
            return log.all.count == 1 ? Self.limited : ProbedService.rejected
        }
        service.retryAfter = retryAfter
        let result = try await service.probe([])
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(log.all.count == 2)
    }

    @Test func `the probe ends when the service asks for a long pause`() async throws {
        var service = ProbedService(token) { authorization, good in
            authorization?.hasPrefix("Basic ") == true ? Self.limited : Self.keepsAllRules(authorization, good)
        }
        service.retryAfter = "3600"
        let result = try await service.probe([])
        #expect(result.status == 3)
        #expect(result.output.contains("? bearer-empty               the scheme without a token: not sent: "))
        #expect(result.output.contains("not sent: the service asks for a pause of 3600 seconds"))
        #expect(service.requests.all.count == 10)
    }

    @Test(arguments: [405, 501]) func `a server without the method HEAD keeps all rules`(status: Int) async throws {
        var service = ProbedService(token, deciding: Self.keepsAllRules)
        service.headStatus = status
        let result = try await service.probe([])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("✓ no-token-head         \(status)"))
    }

    @Test func `a probe that cannot begin writes its error to the reports, in the working directory`() throws {
        let folder = try TemporaryFolder()
        let result = try Command.shell(
            """
            cd \(folder.path) && mkdir keys && "$0" keys new --file keys/jwt.json &&
            "$0" sign --keys keys/jwt.json <<<'{"sub":"alice"}' |
            "$0" probe http://127.0.0.1:9/orders --keys keys/jwt.json --json --junit report.xml
            """)
        #expect(result.status == 3)
        let error = try #require(try result.objects().last?["error"] as? String)
        #expect(error.hasPrefix("probe: "))
        let text = try String(contentsOf: folder.file("report.xml"), encoding: .utf8)
        #expect(text.contains(#"tests="1" failures="0" errors="1""#))
    }

    @Test func `a closed pipe does not turn a probe without findings into one`() async throws {
        let token = token
        let result = try await ProbedService(token, deciding: Self.keepsAllRules).run { url in
            try Command.shell(
                """
                mkfifo "$TMPDIR/closed-$$"
                : <"$TMPDIR/closed-$$" &
                "$0" probe \(url) --rate 1000 <<<'\(token)' >"$TMPDIR/closed-$$"
                echo "status $?"
                rm "$TMPDIR/closed-$$"
                """)
        }
        #expect(result.output == "status 0\n", "\(result.error)")
    }

    @Test func `a long response to the good token is no obstacle`() async throws {
        let result = try await ProbedService(token) { authorization, good in
            let response = Self.keepsAllRules(authorization, good)
            return response.status == 200 ? (200, String(repeating: "x", count: 2 << 20), false) : response
        }.probe([])
        #expect(result.status == 0, "\(result.output)\(result.error)")
    }
}
