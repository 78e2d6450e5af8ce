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
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            failure.end()
        } catch {
            exit(withError: error)
        }
    }
}
