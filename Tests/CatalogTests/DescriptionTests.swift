import TestSupport
import Testing

@testable import CatalogService

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document of catalog agrees with its routes, their security and their methods`() async throws
    {
        #expect(try await DescriptionCheck.differences(of: Catalog.self) == [])
    }
}
