import Configuration
import Database
import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

extension Inbox: ServiceDefinition {
    static let name = "inbox"
    static let defaultPort = 8083

    /// Assembles the service; `main` and the tests call the same function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<DoorContext> {
        let settings = try Settings.read(reader) { try InboxSettings(clock: clock, &$0) }
        let database = try SQLDatabase.open(settings.database, migrations: InboxStore.migrations)
        let revocations = RevocationFeed(of: settings.service, settings.door, settings.revocations, clock: clock)
        let door = Door(of: settings.service, settings.door, revocations: revocations, clock: clock)

        let description = try APIDescription(of: settings.service, in: .module)
        let router = settings.service.router(
            context: DoorContext.self, readiness: [.database(database), revocations.readiness])
        MessageRoutes(store: InboxStore(database: database), clock: clock).add(to: router, door)
        return settings.service.application(
            router: router, description: description,
            services: [DatabaseLifetime(database), settings.door.keys, revocations])
    }
}

/// The environment of the service, read once.
struct InboxSettings {
    let service: ServiceSettings
    let database: DatabaseURL
    let revocations: RevocationSettings
    let door: DoorSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        service = ServiceSettings(name: Inbox.name, defaultPort: Inbox.defaultPort, &settings)
        database = settings.databaseURL(service: Inbox.name)
        revocations = RevocationSettings(folder: database.folder, &settings)
        door = try DoorSettings(clock: clock, &settings)
    }
}
