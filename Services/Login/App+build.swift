import Configuration
import Database
import Foundation
import Hummingbird
import JWT
import JWTAuth
import Logging
import Metrics
import ServiceRuntime

extension Login: ServiceDefinition {
    static let name = "login"
    static let defaultPort = 8080

    /// Assembles the service; `main` and the tests call the same function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        try await buildApplication(reader: reader, clock: clock, passwordCost: .standard)
    }

    /// Assembles the service with another price of guessing passwords: tests pay less.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock, passwordCost: PasswordHash.Cost
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try LoginSettings(clock: clock, &$0) }
        let database = try SQLDatabase.open(settings.database, migrations: Schema.migrations)
        let revocations = RevocationLog(database: database)
        try await revocations.beginEpoch()
        let bell = RevocationNotifier()
        let accounts = AccountStore(database: database, bell: bell)
        let sessions = SessionStore(
            database: database, lifetimeSeconds: settings.refreshTokenSeconds,
            tokenSeconds: settings.accessTokenSeconds,
            bell: bell)
        let hasher = PasswordHasher(cost: passwordCost)
        if settings.hasDemoData { try await DemoData.add(to: accounts, hasher: hasher, clock: clock) }
        settings.warn(Logger(label: name))

        let description = try OpenAPIDocument(of: settings.service, in: .module)
        let router = settings.service.router(
            context: AppRequestContext.self, readiness: [.database(database)], cookiePaths: [BrowserTokenRoutes.path])
        settings.report()
        let passwordAuthenticator = PasswordAuthenticator(
            accounts: accounts, hasher: hasher, throttle: LoginThrottle(), clock: clock)
        let accountService = AccountService(accounts: accounts, authenticator: passwordAuthenticator, clock: clock)
        let registrar = Registrar(accounts: accounts, hasher: hasher, clock: clock)
        let (tokens, cookies) = (settings.accessTokens, settings.cookies)
        let browserSession = BrowserSessionMiddleware(
            sessions: sessions, cookies: cookies, templates: try PageTemplates(), clock: clock)
        let pages = PageRouterGroups(on: router, browserSession)
        let signup = PageRouterGroups(
            on: router.group().add(middleware: JSONSignupMiddleware(registrar: registrar)), browserSession)
        SignInPages(
            authenticator: passwordAuthenticator, registrar: registrar, sessions: sessions, cookies: cookies
        ).add(to: pages, signup: signup)
        AccountPages(service: accountService, sessions: sessions, cookies: cookies).add(to: pages)
        try ShopRoutes(WebFiles(), services: settings.shopServices).add(to: router)
        BrowserTokenRoutes(
            sessions: sessions, cookies: cookies, origins: settings.service.origins, clock: clock
        ).add(to: router)

        TokenRoutes(authenticator: passwordAuthenticator, sessions: sessions, tokens: tokens, clock: clock)
            .add(to: router)
        let authenticator = JWTAuthenticator(of: settings.service, settings.tokens, revocations: nil, clock: clock)
        SessionRoutes(sessions: sessions, clock: clock).add(to: router, authenticator)
        AccountRoutes(service: accountService, sessions: sessions, clock: clock).add(to: router, authenticator)
        RevokeAndIntrospectRoutes(
            sessions: sessions, tokens: tokens, readers: settings.otherServices, clock: clock
        ).add(to: router, authenticator)
        RevocationFeedRoutes(
            log: revocations, bell: bell, issuer: settings.tokens.issuer, keys: settings.tokens.keys,
            readers: settings.otherServices, clock: clock
        ).add(to: router, authenticator)
        DiscoveryRoutes(issuer: settings.tokens.issuer).add(to: router)
        return settings.service.application(
            router: router, description: description,
            services: [
                ShutdownHook { try database.close() }, settings.tokens.keys,
                RevocationPoller(log: revocations, bell: bell),
            ])
    }
}

/// The environment of the service, read once.
struct LoginSettings {
    let service: ServiceSettings
    let database: DatabaseURL
    let tokens: TokenSettings
    let audiences: [String]
    let accessTokenSeconds: Int
    let refreshTokenSeconds: Int
    let hasDemoData: Bool
    /// Where browsers reach the services that the shop calls.
    let shopServices: ShopServices

    /// What it takes to issue access tokens.
    var accessTokens: AccessTokenIssuer {
        AccessTokenIssuer(
            issuer: tokens.issuer, audiences: audiences, lifetimeSeconds: accessTokenSeconds,
            leewaySeconds: tokens.leewaySeconds, keys: tokens.keys)
    }

    /// The cookies of browsers.
    var cookies: BrowserCookies {
        BrowserCookies(tokens: accessTokens, carriesAccessToken: service.allowsCookies)
    }

    /// The services that may ask this one about tokens.
    var otherServices: [String] { audiences.filter { $0 != Login.name } }

    /// Above this, a logout takes effect too late where the revocations are not known.
    private static let shortLifetimeSeconds = Int(TokenType.accessLifetimeSeconds)
    private static let weekSeconds = 604_800

    init(clock: WallClock, _ settings: inout Settings) throws {
        service = ServiceSettings(name: Login.name, defaultPort: Login.defaultPort, &settings)
        audiences = Self.audiences(&settings)
        accessTokenSeconds = settings.integer(
            "ACCESS_TOKEN_TTL", default: Self.shortLifetimeSeconds, in: 1...Self.weekSeconds)
        refreshTokenSeconds = settings.integer(
            "REFRESH_TOKEN_TTL", default: 2 * Self.weekSeconds, in: 1...52 * Self.weekSeconds)
        hasDemoData = settings.toggle("DEMO_DATA", default: false)
        shopServices = ShopServices(&settings)
        database = settings.databaseURL(service: Login.name)
        tokens = try TokenSettings(clock: clock, &settings)
    }

    private static func audiences(_ settings: inout Settings) -> [String] {
        let names = settings.list("TOKEN_AUDIENCES", default: ["login", "catalog", "orders", "inbox"])
        if names.isEmpty || Set(names).count < names.count {
            settings.reject("TOKEN_AUDIENCES", "must name services, each once")
        }
        return names
    }

    /// Says in the metrics for how long a token is accepted that any service signs now: so long its key is needed.
    func report() {
        Gauge(label: "jwt_longest_life_seconds")
            .record(max(accessTokenSeconds, Int(TokenType.requestLifetimeSeconds)) + tokens.leewaySeconds)
    }

    /// Says what works but should not stay so.
    func warn(_ logger: Logger) {
        if accessTokenSeconds > Self.shortLifetimeSeconds {
            logger.warning("ACCESS_TOKEN_TTL is above \(Self.shortLifetimeSeconds): stolen tokens live long.")
        }
        if hasDemoData {
            logger.warning("DEMO_DATA is on: there are accounts with a password that everyone knows.")
        }
    }
}
