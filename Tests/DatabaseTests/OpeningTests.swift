import Foundation
import TestSupport
import Testing

@testable import Database

@Suite struct OpeningTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: [
        ("sqlite:data/login.sqlite", SQLiteLocation.file(path: "data/login.sqlite")),
        ("SQLite:/var/lib/login.sqlite", .file(path: "/var/lib/login.sqlite")),
        ("sqlite:///var/lib/login.sqlite", .file(path: "///var/lib/login.sqlite")),
        ("sqlite:a b?c#d:é.db", .file(path: "a b?c#d:é.db")),
        ("sqlite::memory:", .memory),
    ])
    func `a URL of SQLite names a file or memory`(text: String, location: SQLiteLocation) throws {
        #expect(try DatabaseURL(text).location == .sqlite(location))
    }

    @Test(arguments: [
        ("", "must start with its engine"), ("data/login.sqlite", "must start with its engine"),
        ("sqlite:", "followed by the path"), ("sqlite:data/", "followed by the path"),
        ("sqlite://data/x.sqlite", "(relative)"), ("sqlite:a\u{0}b", "U+0000"),
        ("postgres:db", "write postgres://user@host"), ("postgres://user:hunter2@[::1/db", "libpq cannot read"),
        ("postgresql://user:hunter2@host/db?pass=hunter2", "names of the options"),
        ("postgres://user:%zzhunter2@host/db", "encode special characters"),
        ("postgres://user:hunter2/et@db.example/login", "encode special characters"),
        ("postgres://user:123/hunter2@db/login", "encode special characters"),
        ("postgresql://user:p@hunter2@db.example/login", "encode special characters"),
        ("postgres://login:hunter2/login", "encode special characters"),
        ("postgres://a:1,b:hunter2/login", "encode special characters"),
        ("postgres://db/login?port=hunter2", "encode special characters"),
        ("postgres://h/a\u{0}", "libpq cannot read"),
        ("mysql://user:hunter2@host/db", "engine is not supported"),
    ])
    func `the error for an invalid URL says what to write and does not repeat the URL`(
        text: String, part: String
    ) throws {
        let error = try #require(throws: DatabaseError.self) { try DatabaseURL(text) }
        #expect(error.code == .invalidURL)
        #expect(error.message.contains(part))
        #expect(!error.message.contains("hunter2"))
    }

    @Test(arguments: [
        ("postgres://user:hunter2@db.example:5433/login?sslmode=require", "postgres://db.example:5433/login"),
        ("postgresql://user@/login?host=/run/postgresql&password=hunter2", "postgres://%2Frun%2Fpostgresql/login"),
        ("postgres://user@[::1]:5433/login", "postgres://[::1]:5433/login"),
        ("postgres://a:1,b:2/login?target_session_attrs=read-write", "postgres://a,b:1,2/login"),
    ])
    func `the text of a URL of PostgreSQL shows no password`(text: String, description: String) throws {
        #expect(try DatabaseURL(text).description == description)
        #expect(try DatabaseURL(text).folder == "data")
    }

    @Test func `only the owner can read new folders and files`() async throws {
        let database = try SQLDatabase.open(folder.databaseURL("a/b/test.sqlite"), migrations: [.products])
        try await database.ping()
        #expect(try folder.mode(of: "a") == 0o700)
        #expect(try folder.mode(of: "a/b") == 0o700)
        for file in ["test.sqlite", "test.sqlite-wal", "test.sqlite-shm"] {
            #expect(try folder.mode(of: "a/b/\(file)") == 0o600)
        }
    }

    @Test(arguments: ["file:x?mode=memory", "a b'\"%00;.db", "é 👋.sqlite"])
    func `a file name is used exactly as written`(name: String) async throws {
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(before == [])
        let database = try SQLDatabase.open(folder.databaseURL(name), migrations: [.products])
        try await database.ping()
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(name)"))
        try database.close()
    }

    @Test func `the file alone contains all data after the database is closed`() async throws {
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 3)") }
        #expect(try await database.productCount() == 1)
        try database.close()
        try FileManager.default.copyItem(atPath: "\(folder.path)/test.sqlite", toPath: "\(folder.path)/copy.sqlite")
        let copy = try SQLDatabase.open(folder.databaseURL("copy.sqlite"), migrations: [.products])
        #expect(try await copy.productCount() == 1)
    }

    @Test func `a file that is not a database is reported as corrupt`() throws {
        let text = Data(String(repeating: "This is a poem, not a database.\n", count: 400).utf8)
        try text.write(to: URL(fileURLWithPath: "\(folder.path)/test.sqlite"))
        let error = #expect(throws: DatabaseError.self) { try SQLDatabase.open(folder.databaseURL(), migrations: []) }
        #expect(error?.code == .corrupt)
    }

    @Test func `a damaged database is reported as corrupt`() async throws {
        let path = "\(folder.path)/test.sqlite"
        let database = try SQLDatabase.open(folder.databaseURL(), migrations: [.products])
        try await database.write { connection in
            for id in 0..<500 {
                try connection.execute("INSERT INTO products (id, stock) VALUES ($1, 1)", "product \(id)")
            }
        }
        try database.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes.replaceSubrange(4096..., with: repeatElement(0x55, count: bytes.count - 4096))
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: DatabaseError.self) {
            try await SQLDatabase.open(folder.databaseURL(), migrations: [.products]).productCount()
        }
        #expect(error?.code == .corrupt)
    }

    @Test func `the error for a path that cannot be a file contains the path`() throws {
        try Data().write(to: URL(fileURLWithPath: "\(folder.path)/file"))
        try FileManager.default.createDirectory(atPath: "\(folder.path)/folder", withIntermediateDirectories: true)
        for name in ["file/test.sqlite", "folder"] {
            let error = try #require(throws: DatabaseError.self) {
                try SQLDatabase.open(folder.databaseURL(name), migrations: [])
            }
            #expect(error.code == .unavailable)
            #expect(error.message.contains(folder.path))
        }
    }
}
