import ArgumentParser
import ServiceRuntime

/// The service `inbox`: messages for each account.
@main
struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inbox", abstract: "Messages for each account.",
        subcommands: [Serve<Inbox>.self, Probe<Inbox>.self], defaultSubcommand: Serve<Inbox>.self)
}
