import TestSupport
import Testing

@testable import @Name@Service

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document of @name@ agrees with its routes, their security and their methods`() async throws {
        #expect(try await DescriptionCheck.differences(of: @Name@.self) == [])
    }
}
