import Configuration
import HTTPTypes
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

    /// The pages and their forms, and the files of the shop.
    private static func isPage(_ route: Route) -> Bool {
        ["/", "/login", "/account", "/shop", "/.well-known/change-password"].contains(route.path)
            || ["/account/", "/shop/"].contains { route.path.hasPrefix($0) }
    }

    @Test func `names every route and no other, except the pages`() async throws {
        let check = try DescriptionCheck(await application(), besides: Self.isPage)
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
