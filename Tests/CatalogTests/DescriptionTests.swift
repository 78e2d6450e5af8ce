import Configuration
import ServiceRuntime
import TestSupport
import Testing

@testable import CatalogService

@Suite struct `The description of catalog` {
    @Test(arguments: ["off", "on"])
    func `names every route, the tokens that it asks for, and the methods`(cookies: String) async throws {
        let variables = TokenMint.environment.merging(["TOKEN_COOKIE": cookies]) { $1 }
        let application = try await Catalog.buildApplication(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)),
            clock: TestClock().clock)
        let faults = try await DescriptionCheck.faults(of: application)
        #expect(faults == [])
    }
}
