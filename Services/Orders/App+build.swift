import Configuration
import CurlClient
import JWTAuth
import ServiceRuntime

extension Orders: ServiceDefinition {
    static let name = "orders"
    static let defaultPort = 8082
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call this function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try OrdersSettings(clock: clock, &$0) }
        let server = try ResourceServer(settings.server, migrations: migrations, clock: clock)
        let store = OrderStore(database: server.database)

        let http = HTTPClient.betweenServices(deadline: Checkout.callDeadline)
        let tokens = ServiceTokenIssuer(issuer: Orders.name, keys: server.keys, clock: clock)
        let catalog = CatalogClient(ServiceClient("catalog", at: settings.catalogURL, http: http, tokens: tokens))
        let inbox = InboxClient(ServiceClient("inbox", at: settings.inboxURL, http: http, tokens: tokens))
        let leases = OrderLeases(clock: clock.steady)
        let outbox = Outbox(store: store, catalog: catalog, inbox: inbox, leases: leases, clock: clock)
        let checkout = Checkout(store: store, catalog: catalog, outbox: outbox, leases: leases, clock: clock)

        return try server.application(
            describedIn: .module, services: [ShutdownHook { await http.shutdown() }, outbox]
        ) { router, authenticator in
            OrderRoutes(store: store, checkout: checkout).add(to: router, authenticator)
            try ReceiptRoutes(store: store, tokens: tokens, publicURL: settings.server.service.publicURL).add(
                to: router, authenticator)
        }
    }
}

/// The settings of orders, read once from the environment.
struct OrdersSettings {
    let catalogURL: String
    let inboxURL: String
    let server: ResourceServerSettings

    init(clock: WallClock, _ settings: inout Settings) throws {
        catalogURL = settings.url("CATALOG_URL", default: "http://127.0.0.1:8081")
        inboxURL = settings.url("INBOX_URL", default: "http://127.0.0.1:8083")
        server = try ResourceServerSettings(of: Orders.self, clock: clock, &settings)
    }
}
