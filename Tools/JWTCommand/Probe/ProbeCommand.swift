import ArgumentParser
import CurlClient
import FoundationEssentials
import JWT

/// `jwt probe`: sends hostile tokens to a service.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Send hostile tokens to a service, and report the rules that it breaks.",
        discussion: """
            The good token is one that the service accepts at this URL. Without --token it is read from standard input, where \
            other users of this machine cannot see it. With --keys, hostile tokens have valid signatures, so each can be \
            rejected only by its rule.

            The command exits with 0 if the service keeps all rules, with 1 if it breaks one, and with 3 if that could not be \
            found out.
            """)

    @Argument(help: "A route that needs a token and changes nothing.") var url: String
    @Option(help: "The good token. Other users of this machine can read it while the command runs.") var token: String?
    @Option(
        help: "The service's key file: a JWK Set, a JWK or a private key in PEM, or only its public key in PEM.")
    var keys: String?
    @Option(help: "A genuine token for another audience, which the service must reject.") var otherToken: String?
    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "The host of the URL, if it is not this machine. It confirms that you may probe it.", valueName: "name"))
    var hosts: [String] = []
    @Option(
        help: ArgumentHelp(
            "The certificate authorities (PEM) to trust for https, in place of the machine's.", valueName: "file"))
    var cacert: String?
    @Option(help: "The method of the requests.") var method = "GET"
    @Option(help: "The largest number of requests in a second, 1 to 1000.") var rate = 20
    @Flag(help: "Print the report as JSON.") var json = false
    @Option(help: ArgumentHelp("Also write the report in the format of JUnit.", valueName: "file")) var junit: String?
    @Option(
        help: ArgumentHelp("Print the hostile token of this check, and send nothing.", valueName: "check"))
    var print: String?

    func validate() throws {
        guard (1...1000).contains(rate) else { throw ValidationError("--rate must be 1 to 1000.") }
        if print == nil { _ = try target() }
        if let cacert, !FileManager.default.isReadableFile(atPath: cacert) {
            throw ValidationError("--cacert: cannot read \(cacert).")
        }
        if let print, !Check.all.contains(where: { $0.name == print }) {
            throw ValidationError("There is no check \(print). The report names all checks.")
        }
    }

    func run() async throws {
        let target = try target()
        do {
            if let print { return try printToken(of: print, try forge()) }
            let report = await report(of: target)
            try write(report)
            if let error = report.error { Console.end("error: \(error)", status: report.exitStatus) }
            if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
        } catch let error as CommandError {
            // The status 1 means a finding.
            Console.end("error: \(error)", status: ProbeReport.couldNotProbe)
        }
    }

    private func report(of target: ProbeTarget) async -> ProbeReport {
        do throws(CommandError) {
            var forge = try forge()
            if target.isOnThisMachine {
                do throws(CommandError) {
                    forge.keyServers = try await KeyServers(forge)
                } catch {
                    forge.noKeyServers = error.sentence
                }
            }
            let probe = Probe(
                target: target, forge: forge, pause: .seconds(1) / rate, printCommand: printCommand)
            return try await probe.run()
        } catch {
            return ProbeReport(target: target, error: error)
        }
    }

    private func target() throws -> ProbeTarget {
        try ProbeTarget(url: url, method: method, confirmedHosts: hosts, trustedAuthoritiesPath: cacert)
    }

    private func forge() throws(CommandError) -> Forge {
        let input = if let token { Array(token.utf8) } else { try Console.readInput() }
        guard let text = String(validating: input, as: UTF8.self) else {
            throw CommandError(.malformed, "the token is not UTF-8")
        }
        return try Forge(goodToken: text, keys: try ProbeKeys(path: keys), otherToken: otherToken, now: .now)
    }

    private func printToken(of name: String, _ forge: Forge) throws(CommandError) {
        guard let check = Check.all.first(where: { $0.name == name }), let token = check.request(forge)?.hostileToken
        else { throw .probe("the check \(name) sends no hostile token, or needs more options") }
        try Console.print(token.text)
    }

    /// The command that prints the hostile token of a check, for a shell with the good token in `TOKEN`.
    private func printCommand(_ name: String) -> String {
        var words = [CommandLine.arguments[0].quotedForShell, "probe", url.quotedForShell, "--print", name]
        words += ["--token", "\"$TOKEN\""]
        if let keys { words += ["--keys", keys.quotedForShell] }
        if otherToken != nil { words += ["--other-token", "\"$OTHER_TOKEN\""] }
        return words.joined(separator: " ")
    }

    /// Writes the file first, because a closed pipe ends the command.
    private func write(_ report: ProbeReport) throws(CommandError) {
        if let junit { try write(report.junit, to: junit) }
        if json {
            try Console.print(report.json.text, closedPipeStatus: report.exitStatus)
        } else if !report.results.isEmpty {
            let style = TerminalStyle(isEnabled: Console.isTerminal)
            try Console.write(
                report.lines(style).joined(separator: "\n"), closedPipeStatus: report.exitStatus)
        }
    }

    private func write(_ text: String, to path: String) throws(CommandError) {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            throw CommandError(code: "output", sentence: "cannot write \(path): \(error)")
        }
    }
}
