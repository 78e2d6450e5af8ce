import Database
import Foundation
import TestSupport

extension TemporaryFolder {
    /// The URL of a database file in this folder.
    func databaseURL(_ name: String = "test.sqlite") throws -> DatabaseURL {
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
            id TEXT PRIMARY KEY, stock BIGINT NOT NULL CHECK (stock >= 0), name TEXT UNIQUE,
            active BOOLEAN, image BYTEA);
        CREATE INDEX products_by_stock ON products (stock);
        """)
}
