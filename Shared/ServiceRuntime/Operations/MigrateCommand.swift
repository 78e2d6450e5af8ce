public import ArgumentParser
import Configuration
import Database
import Foundation

/// The command `migrate`: creates and updates the tables of the service's database, and ends.
///
/// A service does the same at its start. The command prepares a database before any service uses it.
public struct MigrateCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    /// The name of the command and its help text.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "migrate", abstract: "Create and update the tables of the database, and end.",
            discussion: "DATABASE_URL names the database.")
    }

    /// Creates the command; for the argument parser.
    public init() {}

    /// Migrates the database that the environment names.
    public func run() async throws {
        // Only the owner may read the files of a new database.
        umask(0o077)
        try Self.migrate(ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Migrates the database that `reader` names.
    ///
    /// - Throws: `ConfigurationError`; `DatabaseError`, with code `migration` if another version has used the database.
    static func migrate(_ reader: ConfigReader) throws {
        let url = try Settings.read(reader) { $0.databaseURL(service: Definition.name) }
        try SQLDatabase.open(url, migrations: Definition.migrations).close()
    }
}
