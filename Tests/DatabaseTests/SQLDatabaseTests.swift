import Foundation
import TestSupport
import Testing

@testable import Database

@Suite struct SQLDatabaseTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: TestEngine.installed)
    func `a committed row is read back after the database is closed and opened again`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        try await database.write {
            try $0.execute("INSERT INTO products (id, stock) VALUES ($1, $2)", "lamp", 3)
        }
        try database.close()
        let again = try folder.open(engine)
        let stock: Int? = try await again.read {
            try $0.queryOne("SELECT stock FROM products WHERE id = $1", "lamp")?["stock"]
        }
        #expect(stock == 3)
    }

    @Test(arguments: TestEngine.installed)
    func `a write that throws changes nothing`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await database.write {
                try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                throw Refused()
            }
        }
        #expect(try await database.productCount() == 0)
    }

    @Test(arguments: TestEngine.installed)
    func `a failed statement rolls back its transaction even if the error is caught`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
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

    @Test(arguments: TestEngine.installed)
    func `fifty concurrent buyers of ten lamps get ten lamps`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
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

    @Test(arguments: TestEngine.installed)
    func `writes through two openings of one database wait for each other`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        let second = try folder.open(engine)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    _ = try await (index.isMultiple(of: 2) ? database : second).write {
                        try $0.execute("UPDATE products SET stock = stock + 1")
                    }
                }
            }
            try await group.waitForAll()
        }
        let stock: Int? = try await second.read { try $0.queryOne("SELECT stock FROM products")?["stock"] }
        #expect(stock == 100)
    }

    @Test(arguments: TestEngine.installed)
    func `a read during a write sees the state before the write`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
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

    @Test(arguments: TestEngine.installed)
    func `all statements of a read see the same state`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        let (inside, insideContinuation) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        async let counts = database.read { connection in
            let before: Int? = try connection.queryOne("SELECT count(*) AS count FROM products")?["count"]
            insideContinuation.finish()
            release.wait()
            let after: Int? = try connection.queryOne("SELECT count(*) AS count FROM products")?["count"]
            return [before, after]
        }
        for await _ in inside {}
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        release.signal()
        #expect(try await counts == [0, 0])
    }

    @Test(arguments: TestEngine.installed)
    func `a read cannot write`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.read { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        }
        #expect(error?.code == .readOnly)
    }

    @Test(arguments: TestEngine.installed)
    func `a cancelled write stops at once, is rolled back and leaves the database usable`(engine: TestEngine)
        async throws
    {
        let database = try folder.open(engine)
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

    @Test(arguments: TestEngine.installed)
    func `a cancelled task neither begins nor commits a write`(engine: TestEngine) async throws {
        let database = try folder.open(engine)
        let task = Task {
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await database.productCount() == 0)
    }

    @Test(arguments: TestEngine.installed)
    func `a database responds to a ping until it is closed, and is unavailable afterwards`(engine: TestEngine)
        async throws
    {
        let database = try folder.open(engine)
        try await database.ping()
        try database.close()
        let pingError = await #expect(throws: DatabaseError.self) { try await database.ping() }
        let writeError = await #expect(throws: DatabaseError.self) { try await database.write { _ in } }
        #expect(pingError?.code == .unavailable)
        #expect(writeError?.code == .unavailable)
        try database.close()
    }

    @Test(arguments: TestEngine.installed)
    func `a read or write during the closing returns its result or throws unavailable`(engine: TestEngine) async throws
    {
        let database = try folder.open(engine)
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
}

extension SQLDatabase {
    func productCount() async throws -> Int {
        try await read { try #require(try $0.queryOne("SELECT count(*) AS count FROM products"))["count"] }
    }
}
