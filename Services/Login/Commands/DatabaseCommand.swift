// Commands: `login accounts` and `login clients`, with which an operator changes the database of login. This is a separate
// folder because the service needs none of it.

import ArgumentParser
import Configuration
import Database
import ServiceRuntime

/// A command that works on the database of login, also while the service runs.
protocol DatabaseCommand: AsyncParsableCommand {}

extension DatabaseCommand {
    /// Opens the accounts in the database that the environment names.
    ///
    /// - Throws: As `openSessions`.
    func openAccounts() throws -> AccountStore {
        let (sessions, _) = try openSessions()
        return AccountStore(database: sessions.database, sessions: sessions)
    }

    /// Opens the clients in the database that the environment names.
    ///
    /// - Returns: The clients, and the names of the services that accept tokens.
    /// - Throws: As `openSessions`.
    func openClients() throws -> (store: ClientStore, services: [String]) {
        let (sessions, services) = try openSessions()
        return (ClientStore(database: sessions.database, sessions: sessions), services)
    }

    /// Opens the sessions, on which the other stores depend, with the rights of the owner of the folder.
    ///
    /// - Throws: `ConfigurationError` for invalid variables; `CommandError.foreignFolder`; errors of the database.
    private func openSessions() throws -> (sessions: SessionStore, services: [String]) {
        let (url, lifetimes, services) = try Settings.read(ConfigReader(provider: EnvironmentVariablesProvider())) {
            ($0.databaseURL(service: Login.name), SessionLifetimes(&$0), LoginSettings.audiences(&$0))
        }
        if let folder = url.folder { try EffectiveUser.becomeOwner(ofFolder: folder) }
        let database = try SQLDatabase.open(url, migrations: Schema.migrations)
        let sessions = SessionStore(
            database: database, revocations: RevocationLog(database: database), lifetimes: lifetimes)
        return (sessions, services)
    }
}
