import Foundation
import TestSupport
import Testing

@Suite struct ConfigurationTests {
    @Test(arguments: ServiceName.allCases)
    func `a service with invalid settings names all of them and does not start`(service: ServiceName) async throws {
        let environment = [
            "PORT": "eighty", "LOG_LEVEL": "loud", "CORS_ORIGINS": "*", "JWT_LEEWAY": "-1",
            "DATABASE_URL": "mysql://db", "JWT_SECRET": "secret",
        ]
        let error = await #expect(throws: (any Error).self) {
            try await run(
                [Cluster.executables.appending(path: service.rawValue).path],
                in: FileManager.default.temporaryDirectory, environment: environment)
        }
        let text = "\(try #require(error))"
        for variable in environment.keys { #expect(text.contains("\(variable): "), "\(variable): \(text)") }
    }
}
