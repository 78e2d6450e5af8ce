import Configuration
import Database
import ServiceRuntime

/// A service that never starts, because its environment is invalid.
enum InvalidService: ServiceDefinition {
    static let name = "invalid"
    static let defaultPort = 1
    static let migrations: [Migration] = []

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<PlainContext> {
        try Settings.read(reader) {
            $0.reject("JWT_SECRET", "is too short")
            throw $0.reject("PORT", "is taken")
        }
    }
}
