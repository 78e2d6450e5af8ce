import Foundation
import JWT
import TestSupport
import Testing

/// The servers on the loopback address that offer keys during a probe.
@Suite struct ProbeKeyServerTests {
    /// Runs a script of bash whenever a token has a URL, in the variable `url`.
    private func probe(running script: String) async throws -> Command.Result {
        try await ProbedService(RawService.token) { authorization, good in
            guard let authorization, authorization.prefix(7).lowercased() == "bearer " else {
                return ProbedService.rejected
            }
            if authorization.dropFirst(7) == good.dropFirst(7) { return ProbedService.accepted }
            let header = Base64URL.decode(String(authorization.dropFirst(7).prefix { $0 != "." }))
                .flatMap(JSONValue.init(object:))
            if let url = header?["jku"]?.string ?? header?["x5u"]?.string {
                let result = try? Command.shell("url=\(url)\nport=${url##*:} port=${port%%/*}\n\(script)")
                #expect(result?.status == 0, "\(result?.error ?? "")")
            }
            return ProbedService.rejected
        }.probe([])
    }

    @Test(arguments: [
        "exec 3<>/dev/tcp/127.0.0.1/$port",
        #"exec 3<>/dev/tcp/127.0.0.1/$port; printf 'GET / HTTP/1.1\r\n\r\n' >&3; [ -z "$(cat <&3)" ]"#,
        #"exec 3<>/dev/tcp/127.0.0.1/$port; printf 'SSH-2.0-scanner\r\n' >&3; [ -z "$(cat <&3)" ]"#,
        #"exec 3<>/dev/tcp/127.0.0.1/$port; head -c 100000 /dev/zero >&3 || true"#,
        #"! curl -s --noproxy '*' "${url%/*}/keys""#,
    ])
    func `a program that looks for open ports makes no finding`(script: String) async throws {
        let result = try await probe(running: script)
        #expect(result.status == 0, "\(result.output)")
        for name in ["jku", "x5u"] { #expect(result.output.contains("✓ \(name)                   401")) }
    }

    @Test(arguments: [
        #"curl -s --noproxy '*' "$url" | grep -q ."#,
        #"curl -sI --noproxy '*' "$url" | grep -q 200"#,
        // A request line in two segments, to which nobody waits for the response.
        #"""
        exec 3<>/dev/tcp/127.0.0.1/$port; path=/${url##*/}; printf 'GET %s' "${path:0:9}" >&3; sleep 0.1
        printf '%s HTTP/1.1\r\n\r\n' "${path:9}" >&3; cat <&3 | grep -q 200
        """#,
    ])
    func `every form of a request for the document is a finding`(script: String) async throws {
        let result = try await probe(running: script)
        #expect(result.status == 1)
        #expect(result.output.contains(" 2 findings, "), "\(result.output)")
    }

    @Test func `a machine on which the probe cannot listen skips the two checks and says why`() async throws {
        let token = RawService.token
        let result = try await ProbedService(token) { authorization, good in
            authorization.map { $0.lowercased() == good.lowercased() && $0.dropFirst(6) == good.dropFirst(6) } == true
                ? ProbedService.accepted : ProbedService.rejected
        }.run { url in
            try Command.python(
                Self.withoutBind + ["os.execv(sys.argv[1], sys.argv[1:])"],
                Command.executable.path, "probe", url, "--rate", "1000", "--token", token)
        }
        #expect(result.status == 0, "\(result.output)\(result.error)")
        for name in ["jku", "x5u"] {
            let line = result.output.split(separator: "\n").first { $0.hasPrefix("- \(name) ") }
            #expect(line?.contains(": not sent: the probe cannot listen on 127.0.0.1 to offer keys: ") == true)
        }
        #expect(result.output.contains(" 0 findings, 0 unknown, "))
    }

    /// Statements in Python after which bind(2) fails with EACCES, as in a sandbox (seccomp(2)).
    private static let withoutBind = [
        "import ctypes, os, platform, struct, sys",
        "number = {'x86_64': 49, 'aarch64': 200}[platform.machine()]",
        // Load the number of the system call; if it is bind, return the error, otherwise allow the call.
        "code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x0005000D), (0x06, 0, 0, 0x7FFF0000)]",
        "program = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in code))",
        "filter = struct.pack('HxxxxxxP', len(code), ctypes.addressof(program))",
        "prctl = ctypes.CDLL(None, use_errno=True).prctl",
        "assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, filter, 0, 0) == 0, ctypes.get_errno()",
    ]
}
