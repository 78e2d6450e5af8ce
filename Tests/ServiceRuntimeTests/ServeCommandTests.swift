import ArgumentParser
import Configuration
import Database
import TestSupport
import Testing

@testable import ServiceRuntime

/// A service whose database cannot be opened.
private enum UnavailableService: ServiceDefinition {
    static let name = "unavailable"
    static let defaultPort = 1
    static let migrations: [Migration] = []

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<PlainContext> {
        _ = try SQLDatabase.open(DatabaseURL("sqlite:/proc/none/x.sqlite"), migrations: [])
        return try await EchoService.buildApplication(reader: reader, clock: clock)
    }
}

@Suite struct ServeCommandTests {
    @Test func `the error of a service with an invalid environment says which variables to fix`() async throws {
        let error = await #expect(throws: StartError.self) {
            try await ServeCommand<InvalidService>.serve(ConfigReader(environment: [:]))
        }
        #expect(
            error?.description == """
                invalid cannot start. Fix these environment variables:
                JWT_SECRET: is too short
                PORT: is taken
                """)
    }

    @Test func `the command serve writes the error to standard error and exits with 1`() async throws {
        let result = try await #require(
            processExitsWith: .exitCode(1), observing: [\.standardErrorContent, \.standardOutputContent]
        ) {
            await ServeCommand<InvalidService>.main([])
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("invalid cannot start. Fix these environment variables:\nJWT_SECRET: is too short\n"))
        #expect(!text.contains("Usage:"))
    }

    @Test func `the error of a service whose port is in use says what to do`() async throws {
        let server = try await TCPListener.start { _ in }
        let reader = ConfigReader(environment: ["PORT": "\(server.port)", "LOG_LEVEL": "critical"])
        let error = await #expect(throws: StartError.self) { try await ServeCommand<EchoService>.serve(reader) }
        #expect(
            error?.description == "echo cannot start: its port is in use. Stop the other program or set PORT.")
        try await server.stop()
    }

    @Test(arguments: [
        (
            "no-such-host.invalid",
            "the host name 'no-such-host.invalid' is unknown. Set HOST to an IP address of this machine."
        ),
        (
            "192.0.2.1",
            "'192.0.2.1' is not an address of this machine. Set HOST to one, or to 0.0.0.0 for all."
        ),
    ])
    func `the error of a service that cannot listen on its host says what to set`(host: String, reason: String) async {
        let reader = ConfigReader(environment: ["HOST": host, "LOG_LEVEL": "critical"])
        let error = await #expect(throws: StartError.self) { try await ServeCommand<EchoService>.serve(reader) }
        #expect(error?.description == "echo cannot start: \(reason)")
    }

    @Test func `any other error of the start passes through`() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            try await ServeCommand<UnavailableService>.serve(ConfigReader(environment: [:]))
        }
        #expect(error?.code == .unavailable)
    }
}
