import Configuration
import CurlClient
import JWTAuth
import Logging
import ServiceRuntime

extension Compare: ServiceDefinition {
    static let name = "compare"
    static let defaultPort = 8084
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call this function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try CompareSettings(clock: clock, &$0) }
        settings.logWarnings(to: Logger(label: name))
        let server = try ResourceServer(settings.server, migrations: migrations, clock: clock)
        let http = HTTPClient.betweenServices(deadline: LoginClient.deadline)
        let tokens = ServiceTokenIssuer(issuer: Compare.name, keys: server.keys, clock: clock)
        let login = LoginClient(ServiceClient("login", at: settings.server.loginURL, http: http, tokens: tokens))
        let routes = NoteRoutes(store: NoteStore(database: server.database), clock: clock)
        let origins = settings.server.service.origins

        return try server.application(
            describedIn: .module, cookiePaths: ["/\(SessionMechanism.path)/notes"],
            services: [ShutdownHook { await http.shutdown() }]
        ) { router, authenticator in
            routes.add(behind: BasicMechanism(login: login, allowsAnyPeer: settings.allowsBasic), to: router)
            routes.add(
                behind: SessionMechanism(
                    login: login, cookieName: settings.cookieName,
                    allowedOrigins: settings.hasCSRFDefence ? origins : nil),
                to: router)
            routes.add(behind: OpaqueTokenMechanism(login: login), to: router)
            routes.add(behind: JWTMechanism(authenticator: authenticator), to: router)
        }
    }
}
