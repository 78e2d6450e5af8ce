import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Database

/// Writes of SQLite that one commit stores.
@Suite struct WriteGroupTests {
    let folder: TemporaryFolder
    let database: SQLDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products, .parts])
    }

    @Test func `writes that wait for another write are committed together`() async throws {
        let commitsBefore = try commitCount()
        let outcomes = try await behindAnotherWrite(count: 32) { number in
            try await add("p\(number)")
        }
        #expect(outcomes.allSatisfy { $0 == nil })
        #expect(try await database.productCount() == 33)
        #expect(try commitCount() - commitsBefore < 16)
    }

    @Test func `more writes than one transaction takes are all stored, in several transactions`() async throws {
        let commitsBefore = try commitCount()
        let outcomes = try await behindAnotherWrite(count: 200) { number in
            try await add("p\(number)")
        }
        #expect(outcomes.allSatisfy { $0 == nil })
        #expect(try await database.productCount() == 201)
        // At most 64 writes in each.
        #expect(try commitCount() - commitsBefore >= 4)
    }

    @Test func `a write that fails leaves the other writes of its transaction`() async throws {
        let outcomes = try await behindAnotherWrite(count: 40) { number in
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ($1, 1)", "p\(number)")
                switch number % 4 {
                case 1: throw Refused()
                case 2: _ = try? connection.execute("INSERT INTO products (id, stock) VALUES ($1, 1)", "p\(number)")
                case 3: try connection.execute("INSERT INTO parts VALUES ('no such product')")
                default: break
                }
            }
        }
        for (number, error) in outcomes.enumerated() {
            switch number % 4 {
            case 0: #expect(error == nil)
            case 1: #expect(error is Refused)
            case 2: #expect((error as? DatabaseError)?.code == .uniqueConstraint)
            default: #expect((error as? DatabaseError)?.code == .constraint)
            }
        }
        #expect(try await database.productCount() == 11)
    }

    @Test func `a change that is cancelled leaves the other writes of its transaction`() async throws {
        let (inside, entry) = AsyncStream.makeStream(of: Void.self)
        let endless = Mutex<Task<Void, any Error>?>(nil)
        let outcomes = try await behindAnotherWrite(count: 3) { number in
            guard number == 1 else { return try await add("p\(number)") }
            let change = Task {
                _ = try await database.write { connection in
                    entry.finish()
                    try connection.execute(
                        """
                        INSERT INTO products (id, stock)
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'n' || i, 1 FROM n
                        """)
                }
            }
            endless.withLock { $0 = change }
            Task {
                for await _ in inside {}
                change.cancel()
            }
            try await change.value
        }
        #expect(outcomes[0] == nil && outcomes[2] == nil)
        #expect(outcomes[1] is CancellationError)
        #expect(try await database.productCount() == 3)
    }

    @Test func `a write that fails because of another write does so only if that write is stored`() async throws {
        let (inside, entry) = AsyncStream.makeStream(of: Void.self)
        let runs = Counter()
        // One of the writes ends the transaction. The first write then runs again, and stores another number.
        let outcomes = try await behindAnotherWrite(count: 60) { connection in
            runs.increment()
            try connection.execute("INSERT INTO products (id, stock) VALUES ('first', $1)", runs.count)
        } following: { number in
            guard number == 30 else {
                return try await database.write { connection in
                    let row = try connection.queryOne("SELECT stock FROM products WHERE id = 'first'")
                    throw Found(stock: try row?["stock"])
                }
            }
            let change = Task {
                try await database.write { connection in
                    entry.finish()
                    try connection.execute(
                        """
                        INSERT INTO products (id, stock)
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'n' || i, 1 FROM n
                        """)
                }
            }
            Task {
                for await _ in inside {}
                change.cancel()
            }
            _ = try await change.value
        }
        #expect(outcomes[30] is CancellationError)
        let stored: Int? = try await database.read {
            try $0.queryOne("SELECT stock FROM products WHERE id = 'first'")?["stock"]
        }
        for (number, error) in outcomes.enumerated() where number != 30 {
            let found = try #require(error as? Found)
            // A write may also run between the two runs of the first one, and finds nothing then.
            #expect(found.stock == nil || found.stock == stored)
        }
    }

    @Test func `a write returns only after the commit of its transaction`() async throws {
        let (inside, entry) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        let returned = Counter()
        async let outcomes = behindAnotherWrite(count: 2) { number in
            if number == 0 {
                try await add("p0")
                returned.increment()
            } else {
                try await database.write { connection in
                    entry.finish()
                    release.wait()
                    try connection.execute("INSERT INTO products (id, stock) VALUES ('p1', 1)")
                }
            }
        }
        for await _ in inside {}
        // The first two writes may have run or not. What counts is that none returns before its change is visible.
        #expect(try await database.productCount() >= returned.count)
        release.signal()
        #expect(try await outcomes.allSatisfy { $0 == nil })
        #expect(try await database.productCount() == 3)
    }

    @Test func `actions run after the commit, in the order of the writes, and not for a write that failed`()
        async throws
    {
        let order = Mutex<(writes: [Int], actions: [Int])>(([], []))
        _ = try await behindAnotherWrite(count: 20) { number in
            try await database.write { connection in
                connection.afterCommit { order.withLock { $0.actions.append(number) } }
                if number.isMultiple(of: 5) { throw Refused() }
                order.withLock { $0.writes.append(number) }
            }
        }
        let (writes, actions) = order.withLock { $0 }
        #expect(actions.count == 16)
        #expect(actions == writes)
    }

    private struct Refused: Error {}

    private struct Found: Error {
        let stock: Int?
    }

    private func add(_ id: String) async throws {
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ($1, 1)", id) }
    }

    /// Starts `count` writes while another one runs, which adds a product. Returns the error of each, in their order.
    private func behindAnotherWrite(
        count: Int, _ write: @escaping @Sendable (_ number: Int) async throws -> Void
    ) async throws -> [(any Error)?] {
        try await behindAnotherWrite(count: count) {
            try $0.execute("INSERT INTO products (id, stock) VALUES ('first', 1)")
        } following: {
            try await write($0)
        }
    }

    /// Starts `count` writes while `first` runs. Returns the error of each, in their order.
    private func behindAnotherWrite(
        count: Int, first: @escaping @Sendable (Connection) throws -> Void,
        following write: @escaping @Sendable (_ number: Int) async throws -> Void
    ) async throws -> [(any Error)?] {
        let (inside, entry) = AsyncStream.makeStream(of: Void.self)
        let release = DispatchSemaphore(value: 0)
        let database = database
        async let firstWrite: Void = database.write {
            try first($0)
            entry.finish()
            release.wait()
        }
        for await _ in inside {}
        let started = Counter()
        let outcomes = await withTaskGroup(of: (Int, (any Error)?).self) { group in
            for number in 0..<count {
                group.addTask {
                    started.increment()
                    do {
                        try await write(number)
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            _ = try? await eventually { started.count == count }
            // The first write runs again if another one ends its transaction.
            for _ in 0...count { release.signal() }
            var outcomes = [(any Error)?](repeating: nil, count: count)
            for await (number, error) in group { outcomes[number] = error }
            return outcomes
        }
        try await firstWrite
        return outcomes
    }

    /// The number of commits in the write-ahead log: the frames with the size of the database after them
    /// (https://www.sqlite.org/fileformat.html#the_write_ahead_log).
    private func commitCount() throws -> Int {
        let log = [UInt8](try Data(contentsOf: folder.file("test.sqlite-wal")))
        func integer(at index: Int) -> Int { log[index..<index + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard log.count > 32 else { return 0 }
        let frameBytes = 24 + integer(at: 8)
        return stride(from: 32, through: log.count - frameBytes, by: frameBytes).count { frame in
            integer(at: frame + 4) > 0 && log[frame + 8..<frame + 16] == log[16..<24]
        }
    }
}

extension Migration {
    /// Parts whose reference to a product is checked at the commit.
    fileprivate static let parts = Migration(
        "parts", "CREATE TABLE parts (product_id TEXT NOT NULL REFERENCES products DEFERRABLE INITIALLY DEFERRED)")
}
