import Configuration
import JWTAuth
import ServiceRuntime

extension Inbox: ServiceDefinition {
    static let name = "inbox"
    static let defaultPort = 8083
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call this function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try ResourceServerSettings(of: Inbox.self, clock: clock, &$0) }
        let server = try ResourceServer(settings, migrations: migrations, clock: clock)
        let store = InboxStore(database: server.database)
        return try server.application(describedIn: .module) { router, authenticator in
            MessageRoutes(store: store, clock: clock).add(to: router, authenticator)
        }
    }
}
