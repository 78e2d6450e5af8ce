// JWTAuth authenticates the requests that services receive, and signs the requests that they send to each other.
// `Authentication` identifies the caller, `Keys` holds the shared keys, `Revocations` follows login's feed, and `Calls`
// sends requests. The target is separate from JWT because it knows HTTP, files and the token types of Hallpass. It is
// separate from the services because all of them must check tokens in the same way.

public import Database
public import Foundation
public import Hummingbird
public import ServiceLifecycle
public import ServiceRuntime

/// The parts of a service that serves resources to the bearers of tokens (RFC 6749 §1.1): a database, the keys, the
/// revocations, and the authenticator.
///
/// ```swift
/// let server = try ResourceServer(settings, migrations: Schema.migrations, clock: clock)
/// let store = InboxStore(database: server.database)
/// return try server.application(describedIn: .module) { router, authenticator in
///     MessageRoutes(store: store, clock: clock).add(to: router, authenticator)
/// }
/// ```
public struct ResourceServer: Sendable {
    /// The service's own database, with all migrations applied.
    public let database: SQLDatabase
    /// The replica of the database for reads; nil for none.
    public let replica: SQLDatabase?
    /// The keys that sign and verify.
    public let keys: KeySource
    private let service: ServiceSettings
    private let revocations: RevocationState
    private let follower: RevocationFollower
    private let issuer: String
    private let authenticator: JWTAuthenticator

    /// Opens the database and creates the authenticator. No task runs and no port is open before the application runs.
    ///
    /// - Throws: `DatabaseError` when the database cannot be opened or migrated.
    public init(_ settings: ResourceServerSettings, migrations: [Migration], clock: WallClock) throws {
        service = settings.service
        issuer = settings.tokens.issuer
        keys = settings.tokens.keys
        database = try SQLDatabase.open(settings.database, migrations: migrations)
        replica = try settings.replica.map(SQLDatabase.openReplica)
        revocations = RevocationState(settings.revocations, clock: clock)
        follower = RevocationFollower(
            updating: revocations, of: settings.service.name, settings.tokens, settings.revocations, clock: clock)
        authenticator = JWTAuthenticator(of: settings.service, settings.tokens, revocations: revocations, clock: clock)
    }

    /// Creates the application.
    ///
    /// - Parameters:
    ///   - bundle: The bundle with the description of the API.
    ///   - cookiePaths: The paths at which a cookie identifies the caller even if `TOKEN_COOKIE` is off.
    ///   - services: Further services that run as long as the application. They start after the server's own services.
    ///   - addRoutes: Adds the routes, most of them behind the authenticator that it gets.
    /// - Throws: an error of `addRoutes`, or an error when the description is missing or invalid.
    public func application(
        describedIn bundle: Bundle, cookiePaths: Set<String> = [], services: [any Service] = [],
        routes addRoutes: (Router<AppRequestContext>, JWTAuthenticator) throws -> Void
    ) throws -> ServiceApplication<AppRequestContext> {
        let description = try OpenAPIDocument(of: service, in: bundle)
        let router = service.router(
            context: AppRequestContext.self,
            readiness: [.database(database), revocations.readiness] + (replica.map { [.replica($0)] } ?? []),
            cookiePaths: cookiePaths)
        PrometheusRegistry.shared.describeAuthentication()
        ProtectedResourceMetadata(of: service, scopes: description.scopes(of: "userToken"), issuer: issuer)
            .add(to: router)
        try addRoutes(router, authenticator)
        return service.application(
            router: router, description: description, readDelay: { [database] in database.readDelay },
            services: [ShutdownHook { try close() }, keys, follower] + services,
            beforeListening: follower.waitForFirstRead)
    }

    private func close() throws {
        try database.close()
        try replica?.close()
    }
}
