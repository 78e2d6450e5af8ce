import Configuration
import ServiceRuntime
import TestSupport
import Testing

@testable import OrdersService

@Suite struct `The description of orders` {
    @Test(arguments: ["off", "on"])
    func `names every route, the tokens that it asks for, and the methods`(cookies: String) async throws {
        let variables = TokenMint.environment.merging(["TOKEN_COOKIE": cookies]) { $1 }
        let application = try await Orders.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            clock: TestClock().clock)
        let faults = try await DescriptionCheck.faults(of: application)
        #expect(faults == [])
    }
}
