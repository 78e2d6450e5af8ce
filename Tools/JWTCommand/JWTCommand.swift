import ArgumentParser

/// The command `jwt`.
@main
struct JWTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwt",
        abstract: "Make, check and look at JSON Web Tokens (RFC 7519).",
        discussion: """
            A first round trip:

              jwt keys new --file keys.json
              echo '{"sub":"alice"}' | jwt sign --keys keys.json > token
              jwt verify --keys keys.json < token
              jwt inspect < token
            """,
        subcommands: [KeysCommand.self, SignCommand.self, VerifyCommand.self, InspectCommand.self])

    static func main() {
        do {
            // Swift puts this character in the place of bytes that are not UTF-8.
            guard !CommandLine.arguments.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else {
                throw Failure("malformed", "an argument is not text in UTF-8")
            }
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            Edge.end("error: \(failure)", status: 1)
        } catch {
            // Help goes to standard output; what is wrong with the arguments is said with them in it.
            let status = exitCode(for: error)
            if status == .success { exit(withError: error) }
            Edge.end(fullMessage(for: error), status: status.rawValue)
        }
    }
}
