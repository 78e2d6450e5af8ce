import Configuration
import ServiceRuntime
import TestSupport
import Testing

@testable import LoginService

@Suite struct `The description of login` {
    /// The pages and their forms, and the files of the shop.
    private static func isPage(_ route: Route) -> Bool {
        ["/", "/login", "/account", "/shop", "/.well-known/change-password"].contains(route.path)
            || ["/account/", "/shop/"].contains { route.path.hasPrefix($0) }
    }

    @Test(arguments: ["off", "on"])
    func `names every route but the pages, the tokens that it asks for, and the methods`(cookies: String) async throws {
        let variables = TokenMint.environment.merging(["TOKEN_COOKIE": cookies]) { $1 }
        let application = try await Login.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            clock: TestClock().clock, passwordCost: .cheap)
        let faults = try await DescriptionCheck.faults(of: application, besides: Self.isPage)
        #expect(faults == [])
    }
}
