import Configuration
import HummingbirdTesting
import JWTAuth
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct `The description of login` {
    private func application(_ environment: [String: String] = [:]) async throws -> ServiceApplication<DoorContext> {
        let variables = TokenMint.environment.merging(environment) { $1 }
        return try await Login.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            clock: TestClock().clock, passwordCost: .cheap)
    }

    @Test func `names every route and no other`() async throws {
        let check = try DescriptionCheck(await application())
        #expect(check.count > 5)
        #expect(check.differences == [])
    }

    @Test(arguments: ["off", "on"])
    func `asks for a token where the door does`(cookies: String) async throws {
        let application = try await application(["TOKEN_COOKIE": cookies])
        try await application.test(.router) { client in
            let faults = try await DescriptionCheck(application).guardFaults(client)
            #expect(faults == [])
        }
    }

    @Test func `is right about the methods of every path`() async throws {
        let application = try await application()
        try await application.test(.router) { client in
            let faults = try await DescriptionCheck(application).methodFaults(client)
            #expect(faults == [])
        }
    }
}
