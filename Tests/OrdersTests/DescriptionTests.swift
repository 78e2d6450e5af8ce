import TestSupport
import Testing

@testable import OrdersService

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document of orders agrees with its routes, their security and their methods`() async throws
    {
        #expect(try await DescriptionCheck.differences(of: Orders.self) == [])
    }
}
