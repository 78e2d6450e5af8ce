// The service `catalog`: products and their stock.
//
// It is a separate program because it alone decides how much of a product is left. Everyone reads products, staff
// change them, and only the service `orders` reserves stock. Catalog calls no other service.

import ArgumentParser
import ServiceRuntime

/// The executable `catalog`, with the commands `serve` (the default), `probe` and `migrate`.
@main
struct Catalog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Products and their stock.",
        subcommands: [ServeCommand<Catalog>.self, ProbeCommand<Catalog>.self, MigrateCommand<Catalog>.self],
        defaultSubcommand: ServeCommand<Catalog>.self)
}
