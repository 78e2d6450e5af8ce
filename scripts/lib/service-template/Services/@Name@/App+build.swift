import Configuration
import JWTAuth
import ServiceRuntime

extension @Name@: ServiceDefinition {
    static let name = "@name@"
    static let defaultPort = @port@
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call this function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try @Name@Settings(clock: clock, &$0) }
        let server = try ResourceServer(settings.server, migrations: migrations, clock: clock)
        let store = EntryStore(database: server.database, maximumEntries: settings.maximumEntries)
        return try server.application(describedIn: .module) { router, authenticator in
            EntryRoutes(store: store, clock: clock).add(to: router, authenticator)
        }
    }
}
