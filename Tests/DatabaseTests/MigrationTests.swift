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

    @Test func `each migration is applied once and in order, also if a later version adds it`() async throws {
        try SQLDatabase.open(folder.databaseURL(), migrations: [.products]).close()
        try SQLDatabase.open(folder.databaseURL(), migrations: [.products, Self.seed]).close()
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products, Self.seed])
        #expect(try await database.productCount() == 1)
        let names: [String] = try await database.read {
            try $0.query("SELECT name FROM schema_migrations ORDER BY place").map { try $0["name"] }
        }
        #expect(names == ["products", "seed"])
    }

    @Test func `programs that start at the same time apply each migration once`() async throws {
        let url = try folder.databaseURL()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { try SQLDatabase.open(url, migrations: [.products, Self.seed]).close() }
            }
            try await group.waitForAll()
        }
        #expect(try await SQLDatabase.open(url, migrations: [.products, Self.seed]).productCount() == 1)
    }

    @Test func `a migration whose second statement fails leaves the database as it was`() async throws {
        try SQLDatabase.open(folder.databaseURL(), migrations: [.products]).close()
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(folder.databaseURL(), migrations: [.products, Self.seed, Self.broken])
        }
        #expect(error?.code == .invalidStatement)
        #expect(error?.message.contains("nowhere") == true)
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
        #expect(try await database.productCount() == 0)
    }

    @Test(arguments: [
        [],
        [Migration.products],
        [MigrationTests.seed, .products],
        [.products, Migration("another", "SELECT 1")],
        [.products, Migration("s\u{65}\u{301}ed", "SELECT 1")],
    ])
    func `a database with an unknown migration cannot be opened`(known: [Migration]) throws {
        try SQLDatabase.open(folder.databaseURL(), migrations: [.products, Self.seed]).close()
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(folder.databaseURL(), migrations: known)
        }
        #expect(error?.code == .migration)
        #expect(error?.message.contains("start that version, or restore an older backup") == true)
    }

    @Test func `two migrations with the same name are an error`() throws {
        let error = #expect(throws: DatabaseError.self) {
            try SQLDatabase.open(folder.databaseURL(), migrations: [.products, Migration("products", "SELECT 1")])
        }
        #expect(error?.code == .uniqueConstraint)
    }
}
