import ArgumentParser
import ServiceRuntime

/// The service `login`: accounts, tokens and sessions.
@main
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Accounts, tokens and sessions.",
        subcommands: [ServeCommand<Login>.self, ProbeCommand<Login>.self, AccountsCommand.self],
        defaultSubcommand: ServeCommand<Login>.self)
}
