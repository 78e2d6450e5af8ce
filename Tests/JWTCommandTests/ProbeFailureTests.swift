import Foundation
import TestSupport
import Testing

/// `jwt probe` at services that fail, redirect, stay silent or respond without an end.
@Suite struct ProbeFailureTests {
    @Test(arguments: [
        ("pass", "GET to 127.0.0.1:"),
        ("connection.sendall(b'hello\\r\\n\\r\\n')", "GET to 127.0.0.1:"),
        ("connection.recv(1)", "GET to 127.0.0.1:"),
        (
            "connection.sendall(b'HTTP/1.1 200 OK\\r\\n' + b'X-Long: ' + b'x' * 70_000 + b'\\r\\n\\r\\n')",
            "GET to 127.0.0.1:"
        ),
        ("reject()", "the response to the good token is 401; give a valid token, and a URL that it may use"),
        ("accept()", "the response without a token is 200; give a URL that needs a token"),
        (
            "connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100000000\\r\\n\\r\\n' + b'x' * 100_000_000)",
            "the response without a token is 200; give a URL that needs a token"
        ),
        (
            "connection.sendall(b'HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n')",
            "the response without a token is 404; give a URL that needs a token"
        ),
        (
            "connection.sendall(b'HTTP/1.1 302 Found\\r\\nLocation: /\\r\\nContent-Length: 0\\r\\n\\r\\n')",
            "the response to the good token is 302, a redirect, which the probe does not follow; give the URL"
        ),
        (
            "connection.sendall(b'HTTP/1.1 503 Busy\\r\\nContent-Length: 0\\r\\n\\r\\n')",
            "the response to the good token is 503; the service is overloaded or limits its clients, so try again later"
        ),
        (
            "connection.sendall(b'HTTP/1.1 500 Failed\\r\\nContent-Length: 0\\r\\n\\r\\n')",
            "the response to the good token is 500, an error of the service; give a URL that works with this token"
        ),
    ])
    func `a probe of a service that responds to all requests in the same way ends with a reason and the status 3`(
        response: String, reason: String
    ) async throws {
        let result = try await RawService(toAll: response).probe()
        #expect(result.status == 3)
        #expect(result.output == "")
        #expect(result.error.hasPrefix("error: probe: \(reason)"), "\(result.error)")
    }

    @Test(arguments: [
        ("pass", "", "no valid response (connectionLost)"),
        ("connection.sendall(b'hello\\r\\n\\r\\n')", "", "no valid response (protocolError)"),
        (
            "connection.sendall(b'HTTP/1.1 401 No\\r\\n' + b'X-Long: ' + b'x' * 70_000 + b'\\r\\n\\r\\n')", "",
            "no valid response (responseTooLarge)"
        ),
        (
            "connection.sendall(b'HTTP/1.1 302 Found\\r\\nLocation: /\\r\\nContent-Length: 0\\r\\n\\r\\n')", "302",
            "the status says neither accepted nor rejected"
        ),
        (
            "connection.sendall(b'HTTP/1.1 503 Busy\\r\\nContent-Length: 0\\r\\n\\r\\n')", "503",
            "the status says neither accepted nor rejected"
        ),
        (
            "connection.sendall(b'HTTP/1.1 429 Slower\\r\\nContent-Length: 0\\r\\n\\r\\n')", "429",
            "the status says neither accepted nor rejected"
        ),
    ])
    func `a response that says nothing about a hostile token is an unknown outcome of each check`(
        response: String, status: String, detail: String
    ) async throws {
        let result = try await RawService(toHostile: response).probe()
        #expect(result.status == 3)
        let lines = result.output.split(separator: "\n").filter { "✓✗?".contains($0.prefix(1)) }
        let held = lines.filter { $0.hasPrefix("✓") }.compactMap { $0.split(separator: " ").dropFirst().first }
        // Redirects are no internal error, and those are all that two checks look for.
        let harmless: [Substring] = status == "302" ? ["header-deep", "oversized"] : []
        #expect(
            held == [
                "no-token", "no-token-head", "garbage", "scheme-lowercase", "query-access-token", "query-token",
                "cookie", "form-with-get",
            ] + harmless)
        #expect(!lines.contains { $0.hasPrefix("✗") })
        for line in lines where line.hasPrefix("?") {
            #expect(
                [detail, "\(detail), 4 times", "\(detail), 3 times"].contains { line.hasSuffix(": \($0)") }, "\(line)")
            #expect(line.dropFirst(24).prefix(3).trimmingCharacters(in: .whitespaces) == status, "\(line)")
        }
    }

    @Test(arguments: [
        // The head of a response is enough to decide.
        ("connection.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\nx'); connection.recv(1)", "✗", "200"),
        (
            "connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 100000000\\r\\n\\r\\n' + b'x' * 100_000_000)",
            "✗", "200"
        ),
        ("connection.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nx')", "✗", "200"),
        (
            "connection.sendall(b'HTTP/1.1 401 No\\r\\nContent-Length: 100000000\\r\\n\\r\\n' + b'x' * 100_000_000)",
            "✓", "401"
        ),
        ("connection.recv(1)", "?", ""),
    ])
    func `a response that is late, long or incomplete is decided by what arrives of it`(
        response: String, mark: String, status: String
    ) async throws {
        let service = RawService(toHostile: "if authorization.startswith('Basic'):\n    \(response)\nelse: reject()")
        let result = try await service.probe()
        #expect(result.status == ["✗": 1, "✓": 0, "?": 3][mark])
        let line = result.output.split(separator: "\n").first { $0.contains(" scheme-basic ") }
        #expect(line?.hasPrefix("\(mark) scheme-basic          \(status)") == true, "\(line ?? "")")
    }

    @Test func `the curl lines quote a method that a shell would read as more than a word`() async throws {
        let result = try await RawService(toAll: "accept() if is_good else reject()").probe("--json", "--method", "X|Y")
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(result.output.contains(" -X 'X|Y' http://"))
        #expect(!result.output.contains("-X X|Y"))
    }

    @Test func `a redirect is not followed, whatever host it names`() async throws {
        let service = RawService(
            toHostile: """
                url = b'http://localhost:%d/elsewhere' % connection.getsockname()[1]
                connection.sendall(b'HTTP/1.1 307 Elsewhere\\r\\nLocation: ' + url + b'\\r\\nContent-Length: 0\\r\\n\\r\\n')
                """)
        try await service.run { url, requests in
            let result = try Command.run(["probe", url, "--rate", "1000"], input: RawService.token)
            #expect(result.status == 3)
            #expect(result.output.contains("? scheme-basic          307"))
            let lines = try requests.all().map { String(decoding: $0.prefix { $0 != 13 }, as: UTF8.self) }
            #expect(lines.count > 60)
            #expect(!lines.contains { $0.contains("elsewhere") })
        }
    }

    @Test func `a service that blocks the client for a part of the probe proves nothing with those rejections`()
        async throws
    {
        let service = RawService(
            toAll: """
                import os
                count = len(os.listdir(folder))
                if 25 < count < 60: reject()
                elif is_good: accept()
                else: reject()
                """)
        let result = try await service.probe()
        #expect(result.status == 3)
        #expect(result.error.hasPrefix("error: probe: the service responded to the good token with 401, so "))
        #expect(result.error.contains("the token may be expired or revoked"))
        #expect(result.output.contains("✓ scheme-basic          401"))
        #expect(
            result.output.contains("? alg-none              401  no signature, with alg \"none\": rejected, but the"))
        #expect(
            result.output.contains(
                "? jwk                        a key in the header, which signed the token: not sent: the service no longer "
            ))
    }

    @Test(arguments: [
        #"connection.sendall(b'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n')"#,
        #"connection.sendall(b'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n')"#,
        #"connection.sendall(b'HTTP/1.1 429 Slower\r\nContent-Length: 0\r\n\r\n')"#,
        #"connection.sendall(b'HTTP/1.1 500 Failed\r\nContent-Length: 0\r\n\r\n')"#,
        #"connection.sendall(b'HTTP/1.1 502 Away\r\nContent-Length: 0\r\n\r\n')"#, "pass",
    ])
    func `a service that fails once at the good token has not rejected it`(response: String) async throws {
        let service = RawService(
            toAll: """
                import os
                is_check = authorization.startswith("Bearer ") and is_good and len(os.listdir(folder)) > 5
                if is_check and not os.path.exists(folder + "/failed"):
                    open(folder + "/failed", "w").close()
                    \(response)
                elif is_good: accept()
                else: reject()
                """)
        try await service.run { url, requests in
            let result = try Command.run(["probe", url, "--rate", "1000"], input: RawService.token)
            #expect(result.status == 0, "\(result.output)\(result.error)")
            #expect(FileManager.default.fileExists(atPath: requests.file("failed").path))
        }
    }

    @Test(arguments: [
        (503, "the service is overloaded, restarts or fails"), (429, "the service limits its clients"),
        (404, "give a URL whose response to the good token does not change"),
    ])
    func `only 401 and 403 to the good token mean that it may be expired or revoked`(
        status: Int, advice: String
    ) async throws {
        let result = try await RawService(
            toAll: """
                import os
                if is_good and len(os.listdir(folder)) > 20:
                    connection.sendall(b'HTTP/1.1 \(status) No\\r\\nContent-Length: 0\\r\\n\\r\\n')
                elif is_good: accept()
                else: reject()
                """
        ).probe()
        #expect(result.status == 3)
        let times = status == 404 ? "" : ", 4 times"
        let start =
            "error: probe: the service responded to the good token with \(status)\(times), so its latest rejections"
        #expect(result.error.hasPrefix(start), "\(result.error)")
        #expect(result.error.contains(advice) && !result.error.contains("expired"))
        #expect(result.output.contains("not sent: the service no longer accepts the good token (status \(status))"))
    }

    @Test(arguments: [429, 503])
    func `a service that is overloaded once at a hostile token gets it again`(status: Int) async throws {
        let result = try await RawService(
            toHostile: """
                import os
                if authorization.startswith("Basic") and not os.path.exists(folder + "/failed"):
                    open(folder + "/failed", "w").close()
                    connection.sendall(b'HTTP/1.1 \(status) Busy\\r\\nContent-Length: 0\\r\\n\\r\\n')
                else: reject()
                """
        ).probe()
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(result.output.contains("✓ scheme-basic          401"))
    }

    @Test func `a request without a response because the service restarted is no finding`() async throws {
        let result = try await RawService(
            toAll: """
                import os
                if authorization.startswith("Basic") and not os.path.exists(folder + "/away"):
                    open(folder + "/away", "w").close()
                elif is_good and os.path.exists(folder + "/away") and not os.path.exists(folder + "/back"):
                    open(folder + "/back", "w").close()
                elif is_good: accept()
                else: reject()
                """
        ).probe()
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(result.output.contains("✓ scheme-basic          401"))
    }

    @Test func `a request after which the service is away each time is a finding`() async throws {
        let result = try await RawService(
            toAll: """
                import os
                if authorization.startswith("Basic"):
                    open(folder + "/away", "w").close()
                elif is_good and os.path.exists(folder + "/away"):
                    os.remove(folder + "/away")
                elif is_good: accept()
                else: reject()
                """
        ).probe()
        #expect(result.status == 1, "\(result.output)\(result.error)")
        #expect(result.output.contains("scheme-basic"))
        #expect(result.output.contains("no response, and none to the good token after it"))
        #expect(result.output.contains(" 1 findings, 0 unknown, "))
    }

    @Test func `a service that responds to everything with another 200 each time is an error that says what to give`()
        async throws
    {
        let service = RawService(
            toAll: """
                import os
                body = str(len(os.listdir(folder))).encode()
                if authorization == "": reject()
                else: connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
                """)
        let result = try await service.probe()
        #expect(result.status == 3)
        #expect(
            result.error.hasPrefix("error: probe: the service responds with 2xx to a text that is not a token, and "))
    }

    @Test func `only GET and HEAD are sent, and no sooner than the rate allows`() async throws {
        let service = RawService(
            toAll: """
                import time
                with open(f"{folder}/times", "a") as file: file.write(f"{time.monotonic()}\\n")
                if is_good: accept()
                else: reject()
                """)
        try await service.run { url, requests in
            let result = try Command.run(["probe", url, "--rate", "50"], input: RawService.token)
            #expect(result.status == 0, "\(result.output)\(result.error)")
            let all = try requests.all()
            let methods = all.compactMap { String(decoding: $0.prefix { $0 != 0x20 }, as: UTF8.self) }
            #expect(all.count > 60)
            #expect(Set(methods) == ["GET", "HEAD"])
            let text = try String(contentsOf: requests.file("times"), encoding: .utf8)
            let times = text.split(separator: "\n").compactMap { Double($0) }
            #expect(times.count == all.count)
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 0.02) }
        }
    }

    @Test(arguments: ["GET", "POST"])
    func `a curl line sends the same bytes as the probe, whatever the user's settings are`(method: String) async throws
    {
        let folder = try TemporaryFolder()
        try "user-agent = other\nheader = \"X-Other: 1\"\n".write(
            to: folder.file(".curlrc"), atomically: true, encoding: .utf8)
        try await RawService(toAll: "accept() if is_good else reject()").run { url, requests in
            let url = url + "?page=1&q='$(x)'%22"
            let result = try Command.run(
                ["probe", url, "--method", method, "--rate", "1000", "--json", "--other-token", "other"],
                input: RawService.token)
            let checks = try #require(try result.objects().first?["checks"] as? [[String: Any]], "\(result.error)")
            let lines = checks.compactMap { $0["curl"] as? String }
            #expect(lines.count > 50)
            // The good token and, at first, no token and a text that is not one are for comparison.
            let sent = try requests.all().filter { !Self.isComparison($0) }.dropFirst(2)
            let script =
                [
                    "export HOME=\(folder.path) http_proxy=http://127.0.0.1:9",
                    "TOKEN='\(RawService.token)' OTHER_TOKEN=other",
                ] + lines.map { $0 + " >/dev/null" }
            _ = try Command.shell(script.joined(separator: "\n"))
            let repeated = try requests.all().filter { !Self.isComparison($0) }.dropFirst(2 + sent.count)
            #expect(sent.count == lines.count)
            #expect(repeated.count == lines.count)
            for (first, second) in zip(sent, repeated) {
                #expect(String(decoding: first, as: UTF8.self) == String(decoding: second, as: UTF8.self))
            }
        }
    }

    /// Whether a request has the good token in the usual form.
    private static func isComparison(_ request: Data) -> Bool {
        let fields = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
            .filter { $0.hasPrefix("Authorization: ") }
        return fields == ["Authorization: Bearer \(RawService.token)"]
    }
}
