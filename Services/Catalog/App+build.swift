import Configuration
import JWTAuth
import ServiceRuntime

extension Catalog: ServiceDefinition {
    static let name = "catalog"
    static let defaultPort = 8081
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call this function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try CatalogSettings(clock: clock, &$0) }
        let server = try ResourceServer(settings.server, migrations: migrations, clock: clock)
        let store = CatalogStore(database: server.database, replica: server.replica)
        if settings.hasDemoData { try await DemoData.add(to: store) }
        return try server.application(describedIn: .module) { router, authenticator in
            ProductRoutes(store: store, clock: clock).add(to: router, authenticator)
            ReservationRoutes(store: store, clock: clock).add(to: router, authenticator)
        }
    }
}

/// The settings of catalog, read once from the environment.
struct CatalogSettings {
    let hasDemoData: Bool
    let server: ResourceServerSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        hasDemoData = settings.toggle("DEMO_DATA", default: false)
        server = try ResourceServerSettings(of: Catalog.self, readsReplica: true, clock: clock, &settings)
    }
}
