import Configuration
import Database
import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

extension Catalog: ServiceDefinition {
    static let name = "catalog"
    static let defaultPort = 8081

    /// Assembles the service; `main` and the tests call the same function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<DoorContext> {
        let settings = try Settings.read(reader) { try CatalogSettings(clock: clock, &$0) }
        let database = try SQLDatabase.open(settings.database, migrations: CatalogStore.migrations)
        let store = CatalogStore(database: database)
        if settings.hasDemoData { try await store.add(DemoData.products) }
        let revocations = RevocationFeed(of: settings.service, settings.door, settings.revocations, clock: clock)
        let door = Door(of: settings.service, settings.door, revocations: revocations, clock: clock)

        let description = try APIDescription(of: settings.service, in: .module)
        let router = settings.service.router(
            context: DoorContext.self, readiness: [.database(database), revocations.readiness])
        ProductRoutes(store: store, clock: clock).add(to: router, door)
        ReservationRoutes(store: store, clock: clock).add(to: router, door)
        return settings.service.application(
            router: router, description: description,
            services: [DatabaseLifetime(database), settings.door.keys, revocations])
    }
}

/// The environment of the service, read once.
struct CatalogSettings {
    let service: ServiceSettings
    let hasDemoData: Bool
    let database: DatabaseURL
    let revocations: RevocationSettings
    let door: DoorSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        service = ServiceSettings(name: Catalog.name, defaultPort: Catalog.defaultPort, &settings)
        hasDemoData = settings.toggle("DEMO_DATA", default: false)
        database = settings.databaseURL(service: Catalog.name)
        revocations = RevocationSettings(folder: database.folder, &settings)
        door = try DoorSettings(clock: clock, &settings)
    }
}
