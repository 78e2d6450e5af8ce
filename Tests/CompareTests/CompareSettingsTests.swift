import ServiceRuntime
import TestSupport
import Testing

@testable import CompareService

@Suite struct CompareSettingsTests {
    @Test func `an invalid LOGIN_URL is reported once`() async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await ServiceUnderTest<Compare>.application(environment: ["LOGIN_URL": "login"])
        }
        #expect(error?.invalidVariables.map(\.name) == ["LOGIN_URL"])
    }
}
