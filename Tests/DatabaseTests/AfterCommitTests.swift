import Database
import Synchronization
import TestSupport
import Testing

@Suite struct AfterCommitTests {
    let folder: TemporaryFolder
    let ran = Record()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ engine: TestEngine) throws -> SQLDatabase {
        try folder.open(engine, [.products, .deferredReviews])
    }

    @Test(arguments: TestEngine.installed)
    func `actions run once, in the order of their registration, before the write returns`(engine: TestEngine)
        async throws
    {
        let database = try open(engine)
        let ran = ran
        try await database.write { connection in
            connection.afterCommit { ran.add("first") }
            try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
            connection.afterCommit { ran.add("second") }
            #expect(ran.names == [])
        }
        #expect(ran.names == ["first", "second"])
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)") }
        #expect(ran.names == ["first", "second"])
    }

    @Test(arguments: TestEngine.installed)
    func `an action runs when the changes are visible to other connections`(engine: TestEngine) async throws {
        let database = try open(engine)
        let reader = try open(engine)
        let (commits, continuation) = AsyncStream.makeStream(of: Void.self)
        try await database.write { connection in
            try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
            connection.afterCommit { continuation.finish() }
        }
        for await _ in commits {}
        #expect(try await reader.productCount() == 1)
    }

    @Test(arguments: TestEngine.installed)
    func `an action runs after a write that changed nothing`(engine: TestEngine) async throws {
        let database = try open(engine)
        let ran = ran
        try await database.write { $0.afterCommit { ran.add("empty") } }
        #expect(ran.names == ["empty"])
    }

    @Test func `an action also runs after a write to a database in memory`() async throws {
        let ran = ran
        try await SQLDatabase.open(.inMemory, migrations: []).write { $0.afterCommit { ran.add("memory") } }
        #expect(ran.names == ["memory"])
    }

    @Test(arguments: TestEngine.installed, Rollback.allCases)
    func `an action does not run after a rollback, and not after the next commit either`(
        engine: TestEngine, rollback: Rollback
    ) async throws {
        let database = try open(engine)
        let ran = ran
        await #expect(throws: (any Error).self) {
            try await database.write { connection in
                connection.afterCommit { ran.add("rolled back") }
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                switch rollback {
                case .thrownError: throw Refused()
                case .failedStatement: _ = try? connection.execute("INSERT INTO nowhere VALUES (1)")
                case .failedCommit: try connection.execute("INSERT INTO reviews VALUES ('r', 'no such product')")
                }
            }
        }
        #expect(try await database.productCount() == 0)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        #expect(ran.names == [])
    }

    enum Rollback: CaseIterable {
        case thrownError, failedStatement, failedCommit
    }

    private struct Refused: Error {}

    /// The names of the actions that have run.
    final class Record: Sendable {
        private let list = Mutex<[String]>([])

        var names: [String] { list.withLock { $0 } }

        func add(_ name: String) { list.withLock { $0.append(name) } }
    }
}

extension Migration {
    /// Reviews whose reference to a product is checked at the commit.
    fileprivate static let deferredReviews = Migration(
        "reviews",
        """
        CREATE TABLE reviews (
            id TEXT PRIMARY KEY, product_id TEXT NOT NULL REFERENCES products DEFERRABLE INITIALLY DEFERRED)
        """)
}
