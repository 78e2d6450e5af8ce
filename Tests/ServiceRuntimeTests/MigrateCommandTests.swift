import Configuration
import Database
import TestSupport
import Testing

@testable import ServiceRuntime

/// A service with one table.
private enum StoringService: ServiceDefinition {
    static let name = "storing"
    static let defaultPort = 1
    static let migrations = [Migration("notes", "CREATE TABLE notes (id TEXT PRIMARY KEY)")]

    static func buildApplication(
        reader: ConfigReader, clock: WallClock
    ) async throws -> ServiceApplication<PlainContext> {
        try await EchoService.buildApplication(reader: reader, clock: clock)
    }
}

@Suite struct MigrateCommandTests {
    @Test(arguments: TestEngine.installed)
    func `the command migrate creates the tables of the service, and leaves their rows when it runs again`(
        engine: TestEngine
    ) async throws {
        let folder = try TemporaryFolder()
        let url = try folder.databaseURL(engine)
        try MigrateCommand<StoringService>.migrate(ConfigReader(environment: ["DATABASE_URL": url]))
        let database = try SQLDatabase.open(DatabaseURL(url), migrations: StoringService.migrations)
        try await database.write { try $0.execute("INSERT INTO notes (id) VALUES ($1)", "kept") }
        try MigrateCommand<StoringService>.migrate(ConfigReader(environment: ["DATABASE_URL": url]))
        let ids: [String] = try await database.read { try $0.query("SELECT id FROM notes").map { try $0["id"] } }
        #expect(ids == ["kept"])
        try database.close()
    }

    @Test func `the command migrate rejects the database of another version`() throws {
        let folder = try TemporaryFolder()
        let url = try folder.databaseURL(.sqlite)
        let others = [Migration("others", "CREATE TABLE others (id TEXT PRIMARY KEY)")]
        try SQLDatabase.open(DatabaseURL(url), migrations: others).close()
        let error = #expect(throws: DatabaseError.self) {
            try MigrateCommand<StoringService>.migrate(ConfigReader(environment: ["DATABASE_URL": url]))
        }
        #expect(error?.code == .migration)
    }
}
