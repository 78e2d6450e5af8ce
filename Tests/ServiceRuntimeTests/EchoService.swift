import Configuration
import Database
import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import TestSupport

@testable import ServiceRuntime

/// A request context without authentication.
struct PlainContext: ServiceRequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}

/// A service with three routes, assembled as every service is.
enum EchoService: ServiceDefinition {
    static let name = "echo"
    static let defaultPort = 0
    static let migrations: [Migration] = []

    /// The error of `GET /fail`, for which no response is defined.
    struct UnexpectedError: Error {}

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<PlainContext> {
        try application(reader)
    }

    /// Calls `body` with a client of the service.
    ///
    /// - Parameters:
    ///   - setup: Whether requests go to the router or through a socket.
    ///   - environment: The environment of the service.
    ///   - checks: The checks of `/readyz`.
    ///   - log: Where log lines are recorded, if not nowhere.
    ///   - changeLimits: Changes the limits of connections.
    ///   - addRoutes: Adds more routes.
    ///   - readDelay: How long reads of the service's database wait.
    static func run(
        _ setup: TestingSetup = .router, _ environment: [String: String] = [:], checks: [Readiness.Check] = [],
        cookiePaths: Set<String> = [], log: RecordedLog? = nil,
        limits changeLimits: (inout ConnectionLimits) -> Void = { _ in },
        addRoutes: (Router<PlainContext>) -> Void = { _ in },
        readDelay: @escaping @Sendable () -> Duration = { .zero },
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let environment = ["PORT": "0", "LOG_LEVEL": "critical"].merging(environment) { $1 }
        let application = try application(
            ConfigReader(environment: environment), checks: checks, cookiePaths: cookiePaths, logger: log?.logger,
            changeLimits: changeLimits, addRoutes: addRoutes, readDelay: readDelay)
        try await application.test(setup) { try await body($0) }
    }

    private static func application(
        _ reader: ConfigReader, checks: [Readiness.Check] = [], cookiePaths: Set<String> = [], logger: Logger? = nil,
        changeLimits: (inout ConnectionLimits) -> Void = { _ in },
        addRoutes: (Router<PlainContext>) -> Void = { _ in },
        readDelay: @escaping @Sendable () -> Duration = { .zero }
    ) throws -> ServiceApplication<PlainContext> {
        var settings = try Settings.read(reader) { ServiceSettings(name: name, defaultPort: defaultPort, &$0) }
        changeLimits(&settings.connectionLimits)
        let router = settings.router(context: PlainContext.self, readiness: checks, cookiePaths: cookiePaths)
        router.get("fail") { _, _ -> String in throw UnexpectedError() }
        router.get("scope") { _, _ in RequestScope.current?.requestID ?? "none" }
        router.post("scope") { _, _ in "posted" }
        addRoutes(router)
        let application = try settings.application(
            router: router, description: OpenAPIDocument(of: settings), readDelay: readDelay, services: [])
        return ServiceApplication(
            routes: application.routes, description: application.description, responder: application.responder,
            server: application.server, configuration: application.configuration, services: application.services,
            logger: logger ?? application.logger)
    }
}
