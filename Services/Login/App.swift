// Login: the only service that knows passwords and signs tokens for users. It creates accounts, signs users in, issues
// their access tokens, and tells the other services which tokens are revoked. It is a separate service because the
// other services verify tokens by themselves and keep serving while login is down.

import ArgumentParser
import ServiceRuntime

/// The service `login`: accounts, tokens and sessions.
@main
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Accounts, tokens and sessions.",
        subcommands: [
            ServeCommand<Login>.self, ProbeCommand<Login>.self, MigrateCommand<Login>.self, AccountsCommand.self,
            ClientsCommand.self,
        ],
        defaultSubcommand: ServeCommand<Login>.self)
}
