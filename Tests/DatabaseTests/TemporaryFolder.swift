import Database
import Foundation

/// A folder of its own for one test, removed when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/hallpass-database-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The URL of a database file in this folder.
    func url(_ name: String = "test.sqlite") throws -> DatabaseURL {
        try DatabaseURL("sqlite:\(path)/\(name)")
    }

    /// The permission bits of a file or folder here.
    func mode(of name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
    }
}

extension Migration {
    /// The schema that most tests use.
    static let products = Migration(
        "products",
        """
        CREATE TABLE products (
            id TEXT PRIMARY KEY, stock BIGINT NOT NULL CHECK (stock >= 0), name TEXT UNIQUE, price DOUBLE PRECISION,
            active BOOLEAN, image BYTEA);
        CREATE INDEX products_by_stock ON products (stock);
        """)
}
