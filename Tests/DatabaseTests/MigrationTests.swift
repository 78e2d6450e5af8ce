import Database
import TestSupport
import Testing

@Suite struct MigrationTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    static let seed = Migration("seed", "INSERT INTO products (id, stock) VALUES ('lamp', 3)")
    static let broken = Migration(
        "broken", "INSERT INTO products (id, stock) VALUES ('chair', 1); INSERT INTO nowhere VALUES (1)")

    @Test(arguments: TestEngine.installed)
    func `each migration is applied once and in order, also if a later version adds it`(engine: TestEngine) async throws
    {
        try folder.open(engine, [.products]).close()
        try folder.open(engine, [.products, Self.seed]).close()
        let database = try folder.open(engine, [.products, Self.seed])
        #expect(try await database.productCount() == 1)
        let names: [String] = try await database.read {
            try $0.query("SELECT name FROM schema_migrations ORDER BY place").map { try $0["name"] }
        }
        #expect(names == ["products", "seed"])
    }

    @Test(arguments: TestEngine.installed)
    func `programs that start at the same time apply each migration once`(engine: TestEngine) async throws {
        let (folder, migrations) = (folder, [Migration.products, Self.seed])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try folder.open(engine, migrations).close() }
            }
            try await group.waitForAll()
        }
        #expect(try await folder.open(engine, migrations).productCount() == 1)
    }

    @Test(arguments: TestEngine.installed)
    func `a migration whose second statement fails leaves the database as it was`(engine: TestEngine) async throws {
        try folder.open(engine, [.products]).close()
        let error = #expect(throws: DatabaseError.self) {
            try folder.open(engine, [.products, Self.seed, Self.broken])
        }
        #expect(error?.code == .invalidStatement)
        #expect(error?.message.contains("nowhere") == true)
        let database = try folder.open(engine, [.products])
        #expect(try await database.productCount() == 0)
    }

    @Test(
        arguments: TestEngine.installed,
        [
            [],
            [Migration.products],
            [MigrationTests.seed, .products],
            [.products, Migration("another", "SELECT 1")],
            [.products, Migration("s\u{65}\u{301}ed", "SELECT 1")],
        ])
    func `a database with an unknown migration cannot be opened`(engine: TestEngine, known: [Migration]) throws {
        try folder.open(engine, [.products, Self.seed]).close()
        let error = #expect(throws: DatabaseError.self) {
            try folder.open(engine, known)
        }
        #expect(error?.code == .migration)
        #expect(error?.message.contains("start that version, or restore an older backup") == true)
    }

    @Test(arguments: TestEngine.installed)
    func `two migrations with the same name are an error`(engine: TestEngine) throws {
        let error = #expect(throws: DatabaseError.self) {
            try folder.open(engine, [.products, Migration("products", "SELECT 1")])
        }
        #expect(error?.code == .uniqueConstraint)
    }
}
