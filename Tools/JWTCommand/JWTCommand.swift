// The command `jwt` makes the module JWT usable in a terminal. It creates key files; signs, verifies, explains and shows
// tokens; verifies the cases of conformance corpora; and probes services. It is a separate target because it uses the
// clock, files, the terminal and the network, and the module JWT uses none of them.

import ArgumentParser
import JWT

/// The command `jwt`.
@main
struct JWTCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jwt",
        abstract: "Sign, verify and show JSON Web Tokens (RFC 7519).",
        discussion: """
            A first round trip:

              jwt keys new --file keys.json
              echo '{"sub":"alice"}' | jwt sign --keys keys.json > token
              jwt verify --keys keys.json < token
              jwt inspect < token
              jwt explain --keys keys.json --for orders < token
              jwt probe http://localhost:8082/orders < token
            """,
        subcommands: [
            KeysCommand.self, SignCommand.self, VerifyCommand.self, InspectCommand.self, ExplainCommand.self,
            ProbeCommand.self,
        ])

    static func main() async {
        do {
            try await run()
            Console.printWarnings()
        } catch let error as CommandError {
            Console.end("error: \(error)", status: 1)
        } catch let status as ExitCode {
            Console.printWarnings()
            exit(withError: status)
        } catch {
            // The messages of the parser contain arguments, which must be escaped.
            Console.end(fullMessage(for: error), status: exitCode(for: error).rawValue)
        }
    }

    private static func run() async throws {
        // Swift replaces bytes that are not UTF-8 with this character.
        guard !CommandLine.arguments.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) else {
            throw CommandError(.malformed, "an argument is not UTF-8")
        }
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch  where exitCode(for: error) == .success {
            try Console.write(fullMessage(for: error))
        }
    }
}
