// The service `@name@`: entries of each account.
//
// It is a separate program because it is built, run and deleted without the others. It calls no other service.

import ArgumentParser
import ServiceRuntime

/// The executable `@name@`, with the commands `serve` (the default), `probe` and `migrate`.
@main
struct @Name@: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "@name@", abstract: "Entries of each account.",
        subcommands: [ServeCommand<@Name@>.self, ProbeCommand<@Name@>.self, MigrateCommand<@Name@>.self],
        defaultSubcommand: ServeCommand<@Name@>.self)
}
