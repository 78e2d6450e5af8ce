import Foundation
import TestSupport
import Testing

@testable import Database

@Suite struct SQLDatabaseTests {
    let folder: TemporaryFolder
    let database: SQLDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
    }

    @Test func `a committed row is read back after the database is closed and opened again`() async throws {
        try await database.write {
            try $0.execute("INSERT INTO products (id, stock) VALUES ($1, $2)", "lamp", 3)
        }
        try database.close()
        let again = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
        let stock: Int? = try await again.read {
            try $0.queryOne("SELECT stock FROM products WHERE id = $1", "lamp")?["stock"]
        }
        #expect(stock == 3)
    }

    @Test func `a write that throws changes nothing`() async throws {
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await database.write {
                try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                throw Refused()
            }
        }
        #expect(try await database.productCount() == 0)
    }

    @Test func `a failed statement rolls back its transaction even if the error is caught`() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                _ = try? connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 4)")
                _ = try? connection.execute("INSERT INTO products (id, stock) VALUES ('chair', 4)")
            }
        }
        #expect(error?.code == .uniqueConstraint)
        #expect(try await database.productCount() == 0)
    }

    @Test func `fifty concurrent buyers of ten lamps get ten lamps`() async throws {
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 10)") }
        let sold = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await database.write {
                        try $0.execute("UPDATE products SET stock = stock - $1 WHERE id = 'lamp' AND stock >= $1", 1)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sold == 10)
        let stock: Int? = try await database.read { try $0.queryOne("SELECT stock FROM products")?["stock"] }
        #expect(stock == 0)
    }

    @Test func `writes through two openings of one file wait for each other`() async throws {
        let second = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await (index.isMultiple(of: 2) ? database : second).write {
                        let row = try $0.queryOne("SELECT stock FROM products")
                        let stock: Int = try #require(row)["stock"]
                        try $0.execute("UPDATE products SET stock = $1", stock + 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        let stock: Int? = try await second.read { try $0.queryOne("SELECT stock FROM products")?["stock"] }
        #expect(stock == 100)
    }

    @Test func `a read during a write sees the state before the write`() async throws {
        let (inside, insideContinuation) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        async let writing: Void = database.write {
            try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
            insideContinuation.finish()
            release.wait()
        }
        for await _ in inside {}
        #expect(try await database.productCount() == 0)
        release.signal()
        try await writing
        #expect(try await database.productCount() == 1)
    }

    @Test func `a read cannot write`() async throws {
        let error = await #expect(throws: DatabaseError.self) {
            try await database.read { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        }
        #expect(error?.code == .readOnly)
    }

    @Test func `a cancelled write stops at once, is rolled back and leaves the database usable`() async throws {
        let (inside, insideContinuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await database.write {
                try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                insideContinuation.finish()
                // This query ends only when it is interrupted.
                _ = try $0.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT sum(i) FROM n")
            }
        }
        for await _ in inside {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await database.productCount() == 0)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        #expect(try await database.productCount() == 1)
    }

    @Test func `a full disk has its own error code, loses no data and allows writes when there is space again`()
        async throws
    {
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        try await database.setMaximumPages(12)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                for index in 0..<1000 {
                    try connection.execute(
                        "INSERT INTO products (id, stock, image) VALUES ($1, 1, $2)", "p\(index)",
                        [UInt8](repeating: 7, count: 1000))
                }
            }
        }
        #expect(error?.code == .full)
        #expect(try await database.productCount() == 1)
        try await database.setMaximumPages(1_000_000)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)") }
        #expect(try await database.productCount() == 2)
    }

    @Test func `the settings of SQLite sync every commit to disk and enforce foreign keys`() async throws {
        let settings = try await database.write { connection in
            let synchronous: Int? = try connection.queryOne("PRAGMA synchronous")?["synchronous"]
            let foreignKeys: Int? = try connection.queryOne("PRAGMA foreign_keys")?["foreign_keys"]
            let journal: String? = try connection.queryOne("PRAGMA journal_mode")?["journal_mode"]
            return (synchronous, foreignKeys, journal)
        }
        #expect(settings == (2, 1, "wal"))
    }

    @Test func `a database responds to a ping until it is closed, and is unavailable afterwards`() async throws {
        try await database.ping()
        try database.close()
        let pingError = await #expect(throws: DatabaseError.self) { try await database.ping() }
        let writeError = await #expect(throws: DatabaseError.self) { try await database.write { _ in } }
        #expect(pingError?.code == .unavailable)
        #expect(writeError?.code == .unavailable)
        try database.close()
    }

    @Test func `a read or write during the closing returns its result or throws unavailable`() async throws {
        let outcomes = try await withThrowingTaskGroup(of: DatabaseError.Code?.self) { group in
            for index in 0..<200 {
                group.addTask {
                    do {
                        if index == 100 { try database.close() }
                        try await database.write { try $0.execute("UPDATE products SET stock = 1") }
                        _ = try await database.productCount()
                        return nil
                    } catch let error as DatabaseError {
                        return error.code
                    }
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(outcomes.isSubset(of: [nil, .unavailable]))
        #expect(outcomes.contains(.unavailable))
    }

    @Test func `a database in memory reads and writes like a file`() async throws {
        let memory = try SQLDatabase.open(DatabaseURL("sqlite::memory:"), migrations: [.products])
        try await memory.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        #expect(try await memory.productCount() == 1)
        let error = await #expect(throws: DatabaseError.self) {
            try await memory.read { try $0.execute("DELETE FROM products") }
        }
        #expect(error?.code == .readOnly)
    }
}

extension SQLDatabase {
    func productCount() async throws -> Int {
        try await read { try #require(try $0.queryOne("SELECT count(*) AS count FROM products"))["count"] }
    }

    fileprivate func setMaximumPages(_ pages: Int) async throws {
        _ = try await write { try $0.queryOne("PRAGMA max_page_count = \(pages)") }
    }
}
