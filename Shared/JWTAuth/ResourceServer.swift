public import Database
public import Foundation
public import Hummingbird
public import ServiceLifecycle
public import ServiceRuntime

/// What a service stands on that serves resources to the bearers of tokens (RFC 6749 §1.1): a database, the keys, the
/// revocations, and the door that asks both.
///
/// ```swift
/// let server = try ResourceServer(settings, migrations: Schema.migrations, clock: clock)
/// let store = InboxStore(database: server.database)
/// return try server.application(describedIn: .module) { router, door in
///     MessageRoutes(store: store, clock: clock).add(to: router, door)
/// }
/// ```
public struct ResourceServer: Sendable {
    /// The service's own database, with all migrations applied.
    public let database: SQLDatabase
    /// The keys that sign and verify.
    public let keys: KeySource
    private let service: ServiceSettings
    private let revocations: RevocationFeed
    private let authenticator: JWTAuthenticator

    /// Opens the database and prepares the door; nothing is followed or listened to yet.
    ///
    /// - Throws: `DatabaseError` when the database cannot be opened or migrated.
    public init(_ settings: ResourceServerSettings, migrations: [Migration], clock: WallClock) throws {
        service = settings.service
        keys = settings.tokens.keys
        database = try SQLDatabase.open(settings.database, migrations: migrations)
        revocations = RevocationFeed(of: settings.service, settings.tokens, settings.revocations, clock: clock)
        authenticator = JWTAuthenticator(of: settings.service, settings.tokens, revocations: revocations, clock: clock)
    }

    /// The application with the routes that `addRoutes` adds, most of them behind the door that it is given.
    ///
    /// - Parameters:
    ///   - bundle: Where the description of the API is.
    ///   - services: What else runs as long as the service does, started after all that the server itself needs.
    /// - Throws: what `addRoutes` throws, or an error when the description is missing or faulty.
    public func application(
        describedIn bundle: Bundle, services: [any Service] = [],
        routes addRoutes: (Router<AppRequestContext>, JWTAuthenticator) throws -> Void
    ) throws -> ServiceApplication<AppRequestContext> {
        let description = try OpenAPIDocument(of: service, in: bundle)
        let router = service.router(
            context: AppRequestContext.self, readiness: [.database(database), revocations.readiness])
        try addRoutes(router, authenticator)
        return service.application(
            router: router, description: description,
            services: [ShutdownHook { try database.close() }, keys, revocations] + services)
    }
}

/// What every resource server reads from its environment.
public struct ResourceServerSettings: Sendable {
    /// What every service reads, whatever it does.
    public let service: ServiceSettings
    /// Where the database is.
    public let database: DatabaseURL
    let revocations: RevocationSettings
    let tokens: TokenSettings

    /// Reads the settings of a service and its keys. To be read last, as nothing can stand in for missing keys.
    ///
    /// - Throws: `Settings.Unusable` after noting a fault.
    public init<Definition: ServiceDefinition>(
        of definition: Definition.Type, clock: WallClock, _ settings: inout Settings
    ) throws {
        service = ServiceSettings(name: Definition.name, defaultPort: Definition.defaultPort, &settings)
        database = settings.databaseURL(service: Definition.name)
        revocations = RevocationSettings(folder: database.folder, &settings)
        tokens = try TokenSettings(clock: clock, &settings)
    }
}
