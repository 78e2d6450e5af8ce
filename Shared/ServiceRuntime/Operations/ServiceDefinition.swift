// ServiceRuntime: the code that every service needs to run, whatever the service offers. This target is separate from
// JWTAuth, because its code knows nothing about tokens. Its folders depend on each other in one direction: Values,
// Configuration, HTTP, OpenAPI, Operations.

public import Configuration
public import Database
public import Hummingbird

/// A service as an executable, with the members that its commands need.
public protocol ServiceDefinition {
    /// The name of the service and of its executable.
    static var name: String { get }
    /// The port to listen on when `PORT` is not set.
    static var defaultPort: Int { get }
    /// The history of the tables of the service.
    static var migrations: [Migration] { get }
    /// The type of the application that `buildApplication` returns.
    associatedtype BuiltApplication: ApplicationProtocol
    /// Creates the application of the service.
    ///
    /// - Parameters:
    ///   - reader: The environment.
    ///   - clock: The source of the current time.
    /// - Throws: `ConfigurationError` if the environment is invalid; `DatabaseError` if the database cannot be opened.
    static func buildApplication(reader: ConfigReader, clock: WallClock) async throws -> BuiltApplication
}
