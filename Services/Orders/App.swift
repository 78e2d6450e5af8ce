import ArgumentParser
import ServiceRuntime

/// The service `orders`: my orders.
@main
struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders", abstract: "My orders; calls catalog for stock and inbox for messages.",
        subcommands: [Serve<Orders>.self, Probe<Orders>.self], defaultSubcommand: Serve<Orders>.self)
}
