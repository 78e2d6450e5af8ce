import ArgumentParser
import JWT

/// `jwt explain`: shows the checks that a service makes of an access token from standard input.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show why a service accepts or rejects an access token, check by check.",
        discussion: """
            The token is read from standard input. The command exits with 0 if the service accepts the token, and with 1 \
            if it rejects the token. A service also rejects revoked tokens, which only login and the service know.
            """)

    @OptionGroup var keys: KeyOptions
    @Option(
        name: .customLong("for"), help: ArgumentHelp("The name of the service, such as orders.", valueName: "service"))
    var service: String
    @Option(help: "The scope that the route requires.") var scope: String?
    @Option(help: "The issuer that the service trusts (JWT_ISSUER).") var issuer = TokenType.defaultIssuer
    @Option(help: "The allowed difference between clocks in seconds, at most \(Policy.maximumLeeway) (JWT_LEEWAY).")
    var leeway: Int64 = 0
    @Option(help: "The current time in seconds since 1970. Without it, the system clock is read.") var now: Int64?

    func validate() throws {
        try keys.checkThatOneIsGiven()
        guard (0...Policy.maximumLeeway).contains(leeway) else {
            throw ValidationError("--leeway must be 0 to \(Policy.maximumLeeway).")
        }
    }

    func run() throws {
        let policy = TokenType.access.policy(issuers: [issuer], audience: service, leeway: leeway)
        let verifier = Verifier(keys: try keys.keySet(for: nil), policy: policy)
        guard let token = String(validating: try Console.readInput(), as: UTF8.self) else {
            throw CommandError(.malformed, "the token is not UTF-8")
        }
        let explained = ExplainedToken(
            token, by: verifier, requiring: scope, at: now.map { NumericDate(seconds: $0) } ?? .now)
        let style = TerminalStyle(isEnabled: Console.isTerminal)
        let verdict = explained.verdict(of: service).escapedForTerminal
        let lines =
            explained.lines.map { $0.text(style) }
            + [explained.isAccepted ? style.success(verdict) : style.warning(verdict)]
        try Console.write(lines.joined(separator: "\n"))
        if !explained.isAccepted { throw ExitCode.failure }
    }
}
