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
    static let migrations = Schema.migrations

    /// Assembles the service. `main` and the tests call the same function.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<AppRequestContext> {
        try await buildApplication(reader: reader, clock: clock, passwordCost: .standard)
    }

    /// Assembles the service with a given cost of password hashes. Tests use a lower cost than `main`.
    static func buildApplication(
        reader: ConfigReader, clock: WallClock, passwordCost: PasswordHash.Cost
    ) async throws -> ServiceApplication<AppRequestContext> {
        let settings = try Settings.read(reader) { try LoginSettings(clock: clock, &$0) }
        let database = try SQLDatabase.open(settings.database, migrations: migrations)
        let revocations = RevocationLog(database: database)
        try await revocations.beginEpoch()
        let sessions = SessionStore(database: database, revocations: revocations, lifetimes: settings.lifetimes)
        let accounts = AccountStore(database: database, sessions: sessions)
        let clients = ClientStore(database: database, sessions: sessions)
        let hasher = PasswordHasher(cost: passwordCost)
        if settings.hasDemoData {
            try await DemoData.add(to: accounts, hasher: hasher, clock: clock)
            try await DemoClients.add(to: clients, at: clock.now())
        }
        settings.logWarnings(to: Logger(label: name))

        let authenticator = PasswordAuthenticator(
            accounts: accounts, hasher: hasher, throttle: LoginThrottle(), clock: clock)
        let routes = LoginRoutes(
            settings: settings, clock: clock, revocations: revocations, sessions: sessions,
            clients: ClientAuthenticator(clients: clients, throttle: LoginThrottle(), clock: clock),
            consents: ConsentStore(codes: CodeStore(database: database, sessions: sessions)),
            authenticator: authenticator,
            registrar: Registrar(
                accounts: accounts, hasher: hasher, clock: clock,
                minimumPasswordLength: settings.minimumPasswordLength),
            accounts: AccountService(
                accounts: accounts, authenticator: authenticator, clock: clock,
                minimumPasswordLength: settings.minimumPasswordLength),
            apiTokens: APITokenStore(database: database, sessions: sessions),
            bindings: WeChatBindingStore(
                database: database, sessions: sessions, accounts: accounts, revocations: revocations),
            weChat: settings.weChat.map(WeChatClient.init))
        let description = try OpenAPIDocument(of: settings.service, in: .module)
        let router = settings.service.router(
            context: AppRequestContext.self, readiness: [.database(database)], cookiePaths: [BrowserTokenRoutes.path])
        PrometheusRegistry.shared.describeAuthentication()
        PrometheusRegistry.shared.describeLogin()
        settings.recordMetrics()
        // No client can ask for `register`, the only scope in the description.
        ProtectedResourceMetadata(of: settings.service, scopes: [], issuer: settings.tokens.issuer).add(to: router)
        try routes.addPages(to: router)
        routes.addAPI(to: router)
        return settings.service.application(
            router: router, description: description, readDelay: { database.readDelay },
            services: [
                ShutdownHook { try database.close() }, ShutdownHook { await routes.weChat?.shutdown() },
                settings.tokens.keys, RevocationPoller(log: revocations),
            ],
            onShutdown: revocations.notifier.end)
    }
}

/// The routes of login, with the parts that they use.
private struct LoginRoutes {
    let settings: LoginSettings
    let clock: WallClock
    let revocations: RevocationLog
    let sessions: SessionStore
    let clients: ClientAuthenticator
    let consents: ConsentStore
    let authenticator: PasswordAuthenticator
    let registrar: Registrar
    let accounts: AccountService
    let apiTokens: APITokenStore
    let bindings: WeChatBindingStore
    /// Nil without a mini program.
    let weChat: WeChatClient?

    private var grants: [any Grant] {
        [
            PasswordGrant(
                authenticator: authenticator, sessions: sessions, tokens: settings.accessTokens, clock: clock),
            RefreshTokenGrant(sessions: sessions, tokens: settings.accessTokens, clock: clock),
            AuthorizationCodeGrant(codes: consents.codes, tokens: settings.accessTokens, clock: clock),
            ClientCredentialsGrant(clients: clients.clients, tokens: settings.accessTokens, clock: clock),
        ] + weChatGrants
    }

    private var weChatGrants: [any Grant] {
        guard let weChat else { return [] }
        return WeChatGrant.grantTypes.map { grantType in
            WeChatGrant(
                grantType: grantType, weChat: weChat, bindings: bindings, tokens: settings.accessTokens, clock: clock)
        }
    }

    /// Adds the pages for people, their files, and the token route for their scripts.
    func addPages(to router: Router<AppRequestContext>) throws {
        let cookies = settings.cookies
        let browserSession = BrowserSessionMiddleware(
            sessions: sessions, cookies: cookies, templates: try PageTemplates(), clock: clock)
        let authorizations = AuthorizationRequestReader(
            clients: clients.clients, services: settings.services, issuer: settings.tokens.issuer)
        let pages = PageRouterGroups(on: router, browserSession, authorizations)
        let signup = PageRouterGroups(
            on: router.group().add(middleware: JSONSignupMiddleware(registrar: registrar)), browserSession,
            authorizations)
        SignInPages(
            authenticator: authenticator, registrar: registrar, sessions: sessions, cookies: cookies,
            authorizations: authorizations
        ).add(to: pages, signup: signup)
        AuthorizationPages(requests: authorizations, consents: consents).add(to: pages)
        ConnectedAppPages(consents: consents).add(to: pages)
        AccountPages(
            service: accounts, sessions: sessions, apiTokens: apiTokens, consents: consents, cookies: cookies
        ).add(to: pages)
        APITokenPages(apiTokens: apiTokens).add(to: pages)
        try AssetRoutes().add(to: router)
        try ShopRoutes(settings.shopServices).add(to: router)
        BrowserTokenRoutes(sessions: sessions, cookies: cookies, origins: settings.service.origins, clock: clock)
            .add(to: router)
    }

    /// Adds the routes for programs and for the other services.
    func addAPI(to router: Router<AppRequestContext>) {
        let tokens = settings.accessTokens
        TokenRoutes(grants: grants, clients: clients).add(to: router)
        let authenticator = JWTAuthenticator(of: settings.service, settings.tokens, revocations: nil, clock: clock)
        SessionRoutes(sessions: sessions, clock: clock).add(to: router, authenticator)
        AccountRoutes(service: accounts, sessions: sessions, clock: clock).add(to: router, authenticator)
        APITokenRoutes(apiTokens: apiTokens, sessions: sessions, clock: clock).add(to: router, authenticator)
        WeChatBindingRoutes(
            bindings: bindings, registrar: registrar, authenticator: self.authenticator, accounts: bindings.accounts,
            sessions: sessions, clock: clock
        ).add(to: router, authenticator)
        RevokeAndIntrospectRoutes(
            sessions: sessions, clients: clients, apiTokens: apiTokens, bindings: bindings, tokens: tokens,
            sessionIntrospection: SessionIntrospection(
                sessions: sessions, issuer: tokens.issuer, readers: settings.sessionReaders),
            readers: settings.otherServices, clock: clock
        ).add(to: router, authenticator)
        PasswordCheckRoutes(
            authenticator: self.authenticator, readers: settings.otherServices, isEnabled: settings.checksPasswords
        ).add(to: router, authenticator)
        RevocationFeedRoutes(
            log: revocations, issuer: settings.tokens.issuer, keys: settings.tokens.keys,
            readers: settings.otherServices, clock: clock
        ).add(to: router, authenticator)
        DiscoveryRoutes(
            issuer: settings.tokens.issuer, grantTypes: grants.map(\.grantType), services: settings.services
        ).add(to: router)
    }
}
