// TestSupport contains the helpers that several test targets share. `ServiceUnderTest` runs one service inside of the
// test process, `Cluster` runs all services as processes, and `Chromium` controls a browser. It is a library because a
// test target cannot import another one, and because the command `drill` uses it too.

public import Configuration
public import HummingbirdTesting
public import ServiceRuntime

/// A service under test. The function that `main` calls builds it, and its database belongs to a temporary folder.
/// The test moves its clock and sends requests through its client.
///
/// Each test target adds its own requests in an extension.
///
/// ```swift
/// try await ServiceUnderTest<Inbox>.run(environment: ["TOKEN_COOKIE": "on"]) { inbox in
///     let token = try inbox.tokens.user(UUID(), audience: "inbox", scope: "inbox:read")
///     #expect(try await inbox.client.send(.get, "/messages", token: token).status == 200)
/// }
/// ```
public struct ServiceUnderTest<Definition: ServiceDefinition & SendableMetatype>: Sendable {
    /// Sends requests to the service.
    public let client: any TestClientProtocol
    /// The clock of the service.
    public let clock: TestClock
    /// The folder with the service's files, among them its database.
    public let folder: TemporaryFolder

    /// Signs the tokens that the service accepts.
    public var tokens: TokenMint { TokenMint(clock) }

    /// Builds the service and calls `body` while it runs.
    ///
    /// - Parameters:
    ///   - setup: Whether requests go straight to the router or through a socket.
    ///   - environment: Variables that are added to `TokenMint.environment` and replace those of the same name.
    ///   - clock: The clock of the service; pass one to share it with code outside of the service.
    ///   - folder: The folder of the database; pass one to start a service on the data of another.
    /// - Throws: Errors of building the service; the error of `body`.
    public static func run(
        _ setup: TestingSetup = .router, environment: [String: String] = [:], clock: TestClock = TestClock(),
        folder: TemporaryFolder? = nil, _ body: @Sendable (Self) async throws -> Void
    ) async throws {
        let folder = try folder ?? TemporaryFolder()
        let files = ["DATABASE_URL": try folder.databaseURL, "REVOCATIONS_FOLDER": folder.path]
        let application = try await application(environment: files.merging(environment) { $1 }, clock: clock)
        try await application.test(setup) { client in
            try await body(Self(client: client, clock: clock, folder: folder))
        }
    }

    /// Builds the service without running it; its database is in memory.
    ///
    /// - Throws: `ConfigurationError` when a variable of the environment is invalid.
    public static func application(
        environment: [String: String] = [:], clock: TestClock = TestClock()
    ) async throws -> Definition.BuiltApplication {
        let environment = TokenMint.environment.merging(environment) { $1 }
        return try await Definition.buildApplication(
            reader: ConfigReader(environment: environment), clock: clock.clock)
    }
}

extension ConfigReader {
    /// Reads a configuration from these variables instead of those of the process.
    public init(environment: [String: String]) {
        self.init(provider: EnvironmentVariablesProvider(environmentVariables: environment))
    }
}

extension TemporaryFolder {
    /// The `DATABASE_URL` of a service whose database belongs to this folder.
    public var databaseURL: String {
        get throws { try databaseURL(.selected) }
    }
}
