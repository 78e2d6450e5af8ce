import ArgumentParser
import ServiceRuntime

/// The service `catalog`: products that everyone reads, staff change and orders reserve.
@main
struct Catalog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Products and their stock.",
        subcommands: [Serve<Catalog>.self, Probe<Catalog>.self], defaultSubcommand: Serve<Catalog>.self)
}
