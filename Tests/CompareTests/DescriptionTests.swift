import TestSupport
import Testing

@testable import CompareService

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document of compare agrees with its routes, their security and their methods`() async throws
    {
        let environment = ["ALLOW_BASIC": "on"]
        #expect(try await DescriptionCheck.differences(of: Compare.self, environment: environment) == [])
    }
}
