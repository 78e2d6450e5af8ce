// The service `compare`: one resource, the notes of an account, behind four mechanisms of authentication.
//
// It exists to compare JWT with the mechanisms that ask login for each request. `scripts/up` does not start it unless
// asked to, and no other service knows it.

import ArgumentParser
import ServiceRuntime

/// The executable `compare`, with the commands `serve` (the default), `probe` and `migrate`.
@main
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Notes behind four mechanisms of authentication.",
        subcommands: [ServeCommand<Compare>.self, ProbeCommand<Compare>.self, MigrateCommand<Compare>.self],
        defaultSubcommand: ServeCommand<Compare>.self)
}
