import Configuration
import CurlClient
import Database
import Foundation
import Hummingbird
import JWTAuth
import ServiceRuntime

extension Orders: ServiceDefinition {
    static let name = "orders"
    static let defaultPort = 8082

    /// Assembles the service; `main` and the tests call the same function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<DoorContext> {
        let settings = try Settings.read(reader) { try OrdersSettings(clock: clock, &$0) }
        let database = try SQLDatabase.open(settings.database, migrations: OrderStore.migrations)
        let revocations = RevocationFeed(of: settings.service, settings.door, settings.revocations, clock: clock)
        let door = Door(of: settings.service, settings.door, revocations: revocations, clock: clock)

        let store = OrderStore(database: database)
        let http = HTTPClient.betweenServices(deadline: Checkout.callDeadline)
        let tokens = ServiceTokens(issuer: Orders.name, keys: settings.door.keys, clock: clock)
        let catalog = CatalogClient(ServiceClient("catalog", at: settings.catalogURL, http: http, tokens: tokens))
        let inbox = InboxClient(ServiceClient("inbox", at: settings.inboxURL, http: http, tokens: tokens))
        let outbox = Outbox(store: store, catalog: catalog, inbox: inbox, clock: clock)
        let checkout = Checkout(store: store, catalog: catalog, outbox: outbox, clock: clock)

        let description = try APIDescription(of: settings.service, in: .module)
        let router = settings.service.router(
            context: DoorContext.self, readiness: [.database(database), revocations.readiness])
        OrderRoutes(store: store, checkout: checkout).add(to: router, door)
        try ReceiptRoutes(store: store, tokens: tokens, clock: clock).add(to: router, door)
        return settings.service.application(
            router: router, description: description,
            services: [DatabaseLifetime(database), HTTPClientLifetime(http), settings.door.keys, revocations, outbox])
    }
}

/// The environment of the service, read once.
struct OrdersSettings {
    let service: ServiceSettings
    let catalogURL: String
    let inboxURL: String
    let database: DatabaseURL
    let revocations: RevocationSettings
    let door: DoorSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        service = ServiceSettings(name: Orders.name, defaultPort: Orders.defaultPort, &settings)
        catalogURL = settings.url("CATALOG_URL", default: "http://127.0.0.1:8081")
        inboxURL = settings.url("INBOX_URL", default: "http://127.0.0.1:8083")
        database = settings.databaseURL(service: Orders.name)
        revocations = RevocationSettings(folder: database.folder, &settings)
        door = try DoorSettings(clock: clock, &settings)
    }
}
