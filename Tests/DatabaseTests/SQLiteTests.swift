import Foundation
import TestSupport
import Testing

@testable import Database

/// The properties of SQLite that no other engine has.
@Suite struct SQLiteTests {
    let folder: TemporaryFolder
    let database: SQLDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
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

    @Test func `a commit whose disk fails is an unknown outcome, and the next write succeeds`() async throws {
        let disk = FailingDisk(ofDatabase: folder.path("test.sqlite"))
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                try connection.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)")
                disk.fail()
            }
        }
        disk.recover()
        #expect(error?.code == .unknownOutcome)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('chair', 3)") }
        #expect(try await database.productCount() == 1)
    }

    @Test func `a long log is emptied while reads overlap`() async throws {
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        let endings = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Each of two reads ends after the other one has begun again, so there is always one that is older than a commit.
            let begins = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
            for number in 0...1 {
                group.addTask { [database] in
                    var isFirst = number == 0
                    while endings.count == 0 {
                        let signals = !isFirst
                        isFirst = false
                        try await database.read { connection in
                            _ = try connection.query("SELECT id FROM products")
                            if signals { begins[number].signal() }
                            _ = begins[1 - number].wait(timeout: .now() + 1)
                            // A read that takes longer than the work after a commit.
                            Thread.sleep(forTimeInterval: 0.01)
                        }
                    }
                }
            }
            // A reader that a busy machine stops fails an attempt to empty the log, and the next one comes at twice the size.
            var sizes = [0]
            while sizes.count < 128, sizes == sizes.sorted() {
                try await changeImage(sizes.count)
                sizes.append(try logSize())
            }
            endings.increment()
            try await group.waitForAll()
            #expect(sizes != sizes.sorted(), "The log was never emptied.")
        }
    }

    @Test func `the log becomes short again after a read that has kept it long`() async throws {
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        let (hasBegun, end) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
        let reading = Task { [database] in
            try await database.read { connection in
                _ = try connection.query("SELECT id FROM products")
                hasBegun.continuation.yield()
                end.wait()
            }
        }
        defer { end.signal() }
        for await _ in hasBegun.stream { break }
        for number in 0..<24 { try await changeImage(number) }
        #expect(try logSize() > WriteAheadLog.maximumBytes)
        end.signal()
        try await reading.value
        // The first change completes the file, the second one starts the log over.
        for number in 0..<2 { try await changeImage(number) }
        #expect(try logSize() <= WriteAheadLog.maximumBytes)
    }

    @Test func `the log of a file behind a symbolic link is emptied too`() async throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.sqlite"), withDestinationPath: folder.path("test.sqlite"))
        let linked = try SQLDatabase.open(folder.databaseURL("link.sqlite"), migrations: [.products])
        try await linked.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        // One transaction makes the log longer than SQLite itself lets it become.
        try await linked.write { connection in
            for number in 0..<24 {
                try connection.execute(
                    "INSERT INTO products (id, stock, image) VALUES ($1, 1, $2)", "\(number)",
                    [UInt8](repeating: 7, count: 1 << 20))
            }
        }
        #expect(try logSize() == 0)
    }

    /// Writes one megabyte. SQLite writes only pages that change.
    private func changeImage(_ number: Int) async throws {
        let image = [UInt8](repeating: UInt8(number), count: 1 << 20)
        try await database.write { try $0.execute("UPDATE products SET image = $1", image) }
    }

    /// The size of the write-ahead log in bytes.
    private func logSize() throws -> Int {
        let log = try FileManager.default.attributesOfItem(atPath: folder.path("test.sqlite-wal"))
        return try #require(log[.size] as? Int)
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
    fileprivate func setMaximumPages(_ pages: Int) async throws {
        _ = try await write { try $0.queryOne("PRAGMA max_page_count = \(pages)") }
    }
}
