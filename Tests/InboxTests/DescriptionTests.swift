import TestSupport
import Testing

@testable import InboxService

@Suite struct DescriptionTests {
    @Test func `the OpenAPI document of inbox agrees with its routes, their security and their methods`() async throws {
        #expect(try await DescriptionCheck.differences(of: Inbox.self) == [])
    }
}
