// The service `inbox`: messages for each account.
//
// It is a separate program because it has the strictest access rules: only the owner of an account reads its messages,
// and only the service `orders` writes them. Inbox calls no other service.

import ArgumentParser
import ServiceRuntime

/// The executable `inbox`, with the commands `serve` (the default), `probe` and `migrate`.
@main
struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox", abstract: "Messages for each account.",
        subcommands: [ServeCommand<Inbox>.self, ProbeCommand<Inbox>.self, MigrateCommand<Inbox>.self],
        defaultSubcommand: ServeCommand<Inbox>.self)
}
