// The service `orders`: orders of products, and their receipts.
//
// It is a separate program because it shows how one service calls others. It reserves stock in catalog on behalf of the
// customer, and delivers messages to inbox as itself. It stays correct if a call or a process fails at any moment.

import ArgumentParser
import ServiceRuntime

/// The executable `orders`, with the commands `serve` (the default), `probe` and `migrate`.
@main
struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders", abstract: "Orders and receipts; calls catalog for stock and inbox for messages.",
        subcommands: [ServeCommand<Orders>.self, ProbeCommand<Orders>.self, MigrateCommand<Orders>.self],
        defaultSubcommand: ServeCommand<Orders>.self)
}
