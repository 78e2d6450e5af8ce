import Foundation
import TestSupport
import Testing

@testable import Database

@Suite struct ConnectionTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(_ engine: TestEngine) throws -> SQLDatabase {
        try folder.open(engine, [.products, .reviews])
    }

    /// A value whose description fits into a line of the output.
    struct NamedValue: CustomTestStringConvertible {
        let testDescription: String
        let value: SQLValue

        init(_ name: String, _ value: SQLValue) { (testDescription, self.value) = (name, value) }
    }

    static let values = [
        NamedValue("null", .null), NamedValue("zero", .integer(0)), NamedValue("the largest integer", .integer(.max)),
        NamedValue("the smallest integer", .integer(.min)), NamedValue("an empty text", .text("")),
        NamedValue("SQL in a text", .text("h\u{e9}llo 👋 \u{65}\u{301} '; DROP TABLE products; --")),
        NamedValue("digits", .text("007")),
        NamedValue("a text of 500 kB", .text(String(repeating: "long ", count: 100_000))),
        NamedValue("no bytes", .bytes([])), NamedValue("three bytes", .bytes([0, 255, 0])),
        NamedValue("every byte", .bytes(Array(0...255))),
    ]

    @Test(arguments: TestEngine.installed, values)
    func `a value is read as it was stored`(engine: TestEngine, named: NamedValue) async throws {
        let value = named.value
        let database = try open(engine)
        let row = try await database.read { try $0.queryOne("SELECT $1 AS value", value) }
        let back: SQLValue = try #require(row)["value"]
        #expect(back == value)
        if case (.text(let text), .text(let textBack)) = (value, back) {
            #expect(Array(text.utf8) == Array(textBack.utf8))
        }
    }

    @Test(arguments: TestEngine.installed)
    func `a column keeps the type that its migration declares`(engine: TestEngine) async throws {
        let database = try open(engine)
        let row = try await database.write {
            try $0.queryOne(
                """
                INSERT INTO products (id, stock, name, active, image) VALUES ($1, $2, $3, $4, $5)
                RETURNING id, stock, name, active, image
                """,
                "007", Int.max, String?.none, true, [UInt8]([1, 2]))
        }
        let product = try #require(row)
        #expect(try product["id"] == "007")
        #expect(try product["stock"] == Int.max)
        #expect(try product["name"] == String?.none)
        #expect(try product["active"] == true)
        #expect(try product["image"] == [UInt8]([1, 2]))
    }

    @Test(arguments: TestEngine.installed)
    func `text with U+0000 cannot be stored, and a fraction cannot be read`(engine: TestEngine) async throws {
        let database = try open(engine)
        #expect(await code(in: database) { try $0.query("SELECT $1", "a\u{0}b") } == .invalidValue)
        #expect(await code(in: database) { try $0.query("SELECT 0.5 AS value") } == .invalidColumn)
    }

    @Test(arguments: TestEngine.installed)
    func `a parameter is bound by its number, in any order and any number of times`(engine: TestEngine) async throws {
        let database = try open(engine)
        let row = try await database.read { try $0.queryOne("SELECT $2 AS b, $1 AS a, $2 + $1 AS c", 1, 20) }
        let sum = try #require(row)
        #expect(try sum["a"] == 1)
        #expect(try sum["b"] == 20)
        #expect(try sum["c"] == 21)
    }

    static let invalidStatements: [(String, [Int])] = [
        ("SELEC 1", []), ("", []), ("-- only a comment", []), ("SELECT 1; SELECT 2", []), ("SELECT 1; nonsense", []),
        ("SELECT * FROM nowhere", []), ("SELECT \"name\" AS a, \"text\" AS b FROM products", []),
        ("SELECT $1", []), ("SELECT $1", [1, 2]), ("SELECT $1, $3", [1, 2]), ("SELECT ?", [1]), ("SELECT :a", [1]),
        ("SELECT 1", [1]), ("SELECT '$1', \"$2\" -- $3", [1]), ("SELECT $2", [1, 2]),
    ]

    @Test(arguments: TestEngine.installed, invalidStatements)
    func `an invalid statement or a wrong number of values is an error`(
        engine: TestEngine, statement: (sql: String, values: [Int])
    ) async throws {
        let (sql, values) = statement
        let code = await code(in: try open(engine)) { connection in
            switch values.count {
            case 0: try connection.query(sql)
            case 1: try connection.query(sql, values[0])
            default: try connection.query(sql, values[0], values[1])
            }
        }
        #expect(code == .invalidStatement)
    }

    @Test(arguments: TestEngine.installed)
    func `the result of execute is the number of changed rows`(engine: TestEngine) async throws {
        let database = try open(engine)
        let counts = try await database.write { connection in
            [
                try connection.execute("INSERT INTO products (id, stock) VALUES ('a', 1), ('b', 2), ('c', 3)"),
                try connection.execute("UPDATE products SET stock = 9 WHERE stock > 5"),
                try connection.execute("INSERT INTO products (id, stock) VALUES ('a', 1) ON CONFLICT DO NOTHING"),
                try connection.execute("CREATE TABLE other (id BIGINT)"),
                try connection.execute("SELECT * FROM products"),
                try connection.execute("INSERT INTO reviews VALUES ('r', 'a')"),
                try connection.execute("DELETE FROM products RETURNING id"),
            ]
        }
        #expect(counts == [3, 0, 0, 0, 0, 1, 3])
    }

    static let violations: [(String, DatabaseError.Code)] = [
        ("INSERT INTO products (id, stock) VALUES ('lamp', 1)", .uniqueConstraint),
        ("INSERT INTO products (id, stock, name) VALUES ('chair', 1, 'Lamp')", .uniqueConstraint),
        ("UPDATE products SET stock = stock - 4", .constraint),
        ("INSERT INTO products (id) VALUES ('chair')", .constraint),
        ("INSERT INTO reviews VALUES ('r', 'nothing')", .constraint),
    ]

    @Test(arguments: TestEngine.installed, violations)
    func `a violated constraint has its own error code`(
        engine: TestEngine, violation: (sql: String, code: DatabaseError.Code)
    ) async throws {
        let database = try open(engine)
        try await database.write { try $0.execute("INSERT INTO products (id, stock, name) VALUES ('lamp', 3, 'Lamp')") }
        #expect(await code(in: database) { try $0.query(violation.sql) } == violation.code)
    }

    @Test(arguments: TestEngine.installed)
    func `text is compared and sorted as bytes`(engine: TestEngine) async throws {
        let database = try open(engine)
        try await database.write { connection in
            for id in ["b", "B", "\u{e9}", "e\u{301}", "a"] {
                try connection.execute("INSERT INTO products (id, stock) VALUES ($1, 0)", id)
            }
        }
        let ids: [String] = try await database.read {
            try $0.query("SELECT id FROM products ORDER BY id").map { try $0["id"] }
        }
        #expect(ids.map { Array($0.utf8) } == ["B", "a", "b", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
        let composed = try await database.read { try $0.query("SELECT id FROM products WHERE id = $1", "\u{e9}") }
        #expect(composed.count == 1)
    }

    @Test(arguments: TestEngine.installed)
    func `a sum beyond 64 bits is an error and never wraps around`(engine: TestEngine) async throws {
        let database = try open(engine)
        try await database.write { try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', $1)", Int.max) }
        let sum = "SELECT sum(stock) FROM (SELECT stock FROM products UNION ALL SELECT 1) AS stocks"
        let overflows: Set<DatabaseError.Code?> = [.invalidStatement, .invalidColumn, .invalidValue]
        #expect(overflows.contains(await code(in: database) { try $0.query(sum) }))
        #expect(overflows.contains(await code(in: database) { try $0.query("SELECT stock + 1 AS more FROM products") }))
    }

    @Test(arguments: TestEngine.installed)
    func `a missing column and a column of another type are errors that name the column`(engine: TestEngine)
        async throws
    {
        let database = try open(engine)
        let first = try await database.read {
            try $0.queryOne("SELECT 'x' AS name, NULL AS none, 2 AS two")
        }
        let row = try #require(first)
        let wrong: [(String, () throws -> Void)] = [
            ("missing", { let _: String = try row["missing"] }),
            ("name", { let _: Int = try row["name"] }),
            ("name", { let _: Int? = try row["name"] }),
            ("name", { let _: [UInt8] = try row["name"] }),
            ("none", { let _: String = try row["none"] }),
            ("two", { let _: Bool = try row["two"] }),
            ("NAME", { let _: String = try row["NAME"] }),
        ]
        for (column, read) in wrong {
            let error = #expect(throws: DatabaseError.self) { try read() }
            #expect(error?.code == .invalidColumn)
            #expect(error?.message.contains(column) == true)
        }
    }

    @Test(arguments: TestEngine.installed)
    func `a query that returns too many rows is an error`(engine: TestEngine) async throws {
        let database = try open(engine)
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i FROM n"
        let rows = try await database.read { try $0.query(sql, Connection.maximumRows) }
        #expect(rows.count == Connection.maximumRows)
        #expect(await code(in: database) { try $0.query(sql, Connection.maximumRows + 1) } == .tooManyRows)
    }

    @Test(arguments: TestEngine.installed)
    func `an error contains the statement but no value`(engine: TestEngine) async throws {
        let database = try open(engine)
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write { connection in
                for _ in 0..<2 {
                    try connection.execute("INSERT INTO products (id, stock, name) VALUES ($1, 1, $1)", "top secret")
                }
            }
        }
        let text = "\(try #require(error))"
        #expect(text.contains("INSERT INTO products"))
        #expect(!text.contains("secret"))
    }

    @Test(arguments: TestEngine.installed)
    func `a transaction statement inside a transaction causes neither a commit nor a crash`(engine: TestEngine)
        async throws
    {
        let database = try open(engine)
        for sql in ["COMMIT", "ROLLBACK", "BEGIN", "/* x */ commit", "END", "SAVEPOINT a", "ABORT"] {
            _ = try? await database.write {
                try $0.execute("INSERT INTO products (id, stock) VALUES ('lamp', 1)")
                try $0.execute(sql)
            }
            _ = try? await database.read { try $0.execute(sql) }
        }
        #expect(try await database.productCount() == 0)
    }

    @Test(arguments: TestEngine.installed)
    func `a null value takes the type of its column`(engine: TestEngine) async throws {
        let database = try open(engine)
        let row = try await database.write { connection in
            try connection.execute(
                "INSERT INTO products (id, stock, active, image) SELECT $1, $2, $3, $4", "lamp", 1, Bool?.none,
                [UInt8]?.none)
            return try connection.queryOne(
                "UPDATE products SET stock = COALESCE($1, stock), name = $2 WHERE id = $3 RETURNING *", Int?.none,
                String?.none, "lamp")
        }
        let lamp = try #require(row)
        #expect(try lamp["stock"] == 1)
        #expect(try lamp["name"] == String?.none)
        #expect(try lamp["active"] == Bool?.none)
        #expect(try lamp["image"] == [UInt8]?.none)
    }

    @Test(arguments: TestEngine.installed)
    func `a quotient of integers is an integer, and a count and a maximum are integers`(engine: TestEngine) async throws
    {
        let database = try open(engine)
        let result = try await database.read {
            try $0.queryOne("SELECT count(*) AS count, max(stock) AS maximum, 7 / 2 AS quotient FROM products")
        }
        let row = try #require(result)
        #expect(try row["count"] == 0)
        #expect(try row["maximum"] == Int?.none)
        #expect(try row["quotient"] == 3)
    }

    @Test(arguments: TestEngine.installed)
    func `a boolean is read as the integer 0 or 1`(engine: TestEngine) async throws {
        let database = try open(engine)
        let rows = try await database.write { connection in
            try connection.execute(
                "INSERT INTO products (id, stock, active) VALUES ('a', 1, $1), ('b', 2, FALSE)", true)
            return try connection.query("SELECT active FROM products WHERE active OR NOT active ORDER BY id")
        }
        let values: [SQLValue] = try rows.map { try $0["active"] }
        #expect(values == [.integer(1), .integer(0)])
    }

    /// The code of the error that the write throws; nil if it throws none.
    private func code(
        in database: SQLDatabase, _ work: @Sendable (Connection) throws -> some Sendable
    ) async -> DatabaseError.Code? {
        do {
            _ = try await database.write(work)
            return nil
        } catch {
            return (error as? DatabaseError)?.code
        }
    }
}

extension Migration {
    fileprivate static let reviews = Migration(
        "reviews",
        "CREATE TABLE reviews (id TEXT PRIMARY KEY, product_id TEXT NOT NULL REFERENCES products ON DELETE CASCADE)")
}
